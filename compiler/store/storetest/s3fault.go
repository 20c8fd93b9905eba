package storetest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
)

// Fault answers a request in place of serve, which is the server as it should be. The functions below are the usual ones.
type Fault func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc)

// Answer is a fault that refuses a request with an error of S3, without an effect.
func Answer(status int, code string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) { answer(w, r, status, code) }
}

// CloseBefore closes the connection in place of an effect.
func CloseBefore(http.ResponseWriter, *http.Request, http.HandlerFunc) { panic(http.ErrAbortHandler) }

// CloseAfter closes the connection in place of an answer: the request had its effect, and nobody knows.
func CloseAfter(_ http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	serve(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// CutAnswer closes the connection in the middle of the answer: of its header or, if that is shorter, its body.
func CutAnswer(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	recorder := httptest.NewRecorder()
	serve(recorder, r)
	whole := recorder.Result()
	whole.ContentLength = int64(recorder.Body.Len())
	var text bytes.Buffer
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil || whole.Write(&text) != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write(text.Bytes()[:text.Len()/2])
	_ = conn.Close()
}

// Hang does nothing until the client has gone.
func Hang(_ http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
	_, _ = io.Copy(io.Discard, r.Body) // until then the server does not notice that the client goes
	<-r.Context().Done()
}

// DamageUpload changes the first byte of what the client sent on its way to the server.
func DamageUpload(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if len(body) > 0 {
		body[0] ^= 1
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	serve(w, r)
}
