package history

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	klauspost "github.com/klauspost/compress/zlib"
)

// BenchmarkInflate inflates streams of the size of a commit.
func BenchmarkInflate(b *testing.B) {
	text := []byte("tree 3f2c91ab9f1c3f2c91ab9f1c3f2c91ab9f1c3f2c\nparent 9f1c3f2c91ab9f1c3f2c91ab9f1c3f2c91ab3f2c\n" +
		"author A U Thor <author@example.com> 1767225600 +0100\ncommitter C O Mitter <committer@example.com> 1767225601 +0100\n\n" +
		"Promote remote-00002 4.2.0, remote-00030 2.0.0 to cohort-01\n\nReviewed-by: Ada Weber <aweber@acme.example>\n")
	var stream bytes.Buffer
	w := zlib.NewWriter(&stream)
	w.Write(text)
	w.Close()
	room := make([]byte, len(text))
	b.Run("own", func(b *testing.B) {
		var f inflater
		for b.Loop() {
			if err := f.inflate(room, stream.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
	streams := func(b *testing.B, r io.Reader, reset func(io.Reader) error) {
		for b.Loop() {
			if err := reset(bytes.NewReader(stream.Bytes())); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(r, room); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("compress", func(b *testing.B) {
		r, err := zlib.NewReader(bytes.NewReader(stream.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		streams(b, r, func(from io.Reader) error { return r.(zlib.Resetter).Reset(from, nil) })
	})
	b.Run("klauspost", func(b *testing.B) {
		r, err := klauspost.NewReader(bytes.NewReader(stream.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		streams(b, r, func(from io.Reader) error { return r.(klauspost.Resetter).Reset(from, nil) })
	})
}

// deflated are streams of all levels over texts that make for all kinds of blocks and codes.
func deflated(t testing.TB) (streams, texts [][]byte) {
	rng := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	var skewed []byte // frequencies like Fibonacci's numbers make the longest codes
	for a, b, c := 1, 1, byte(0); len(skewed) < 100_000; a, b, c = b, a+b, c+1 {
		skewed = append(skewed, bytes.Repeat([]byte{c}, a)...)
	}
	rng.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	var words strings.Builder
	for range 5000 {
		fmt.Fprintf(&words, "remote-%05d: \"%d.%d.%d\"\n", rng.IntN(300), rng.IntN(4), rng.IntN(9), rng.IntN(9))
	}
	for _, text := range [][]byte{nil, []byte("a"), []byte(strings.Repeat("a", 1000)), noise, noise[:300], skewed, []byte(words.String()), []byte(words.String())[:300]} {
		for _, level := range []int{zlib.HuffmanOnly, zlib.NoCompression, zlib.BestSpeed, zlib.DefaultCompression, zlib.BestCompression} {
			var b bytes.Buffer
			w, err := zlib.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			w.Write(text[:len(text)/2])
			w.Flush()
			w.Write(text[len(text)/2:])
			w.Close()
			streams, texts = append(streams, b.Bytes()), append(texts, text)
		}
	}
	return streams, texts
}

func TestInflate(t *testing.T) {
	t.Parallel()
	var f inflater
	streams, texts := deflated(t)
	for i, stream := range streams {
		for name, after := range map[string][]byte{"nothing": nil, "more": bytes.Repeat([]byte{0xff}, 30)} {
			got := make([]byte, len(texts[i]))
			if err := f.inflate(got, append(bytes.Clone(stream), after...)); err != nil || !bytes.Equal(got, texts[i]) {
				t.Errorf("stream %d, followed by %s: %v", i, name, err)
			}
		}
		if err := f.inflate(make([]byte, len(texts[i])+1), stream); !errors.Is(err, errLength) {
			t.Errorf("stream %d with too much room: %v", i, err)
		}
		if len(texts[i]) > 0 {
			if err := f.inflate(make([]byte, len(texts[i])-1), stream); !errors.Is(err, errLength) {
				t.Errorf("stream %d with too little room: %v", i, err)
			}
		}
		for _, cut := range []int{0, 1, 2, len(stream) / 2, len(stream) - 1} {
			if err := f.inflate(make([]byte, len(texts[i])), stream[:cut]); err == nil {
				t.Errorf("stream %d cut to %d is taken", i, cut)
			}
		}
		start := make([]byte, 20+maxMatch)
		if n, err := f.prefix(start, stream); err != nil || n < min(20, len(texts[i])) || !bytes.HasPrefix(texts[i], start[:n]) {
			t.Errorf("start of stream %d: %q, %v", i, start[:n], err)
		}
	}
}

// FuzzInflate takes a stream if and only if compress/zlib takes it, and for the same content.
func FuzzInflate(f *testing.F) {
	streams, _ := deflated(f)
	for _, s := range streams {
		if len(s) < 2000 {
			f.Add(s)
		}
	}
	var in inflater
	f.Fuzz(func(t *testing.T, stream []byte) {
		want, wantErr := []byte(nil), error(nil)
		if r, err := zlib.NewReader(bytes.NewReader(stream)); err != nil {
			wantErr = err
		} else {
			want, wantErr = io.ReadAll(io.LimitReader(r, 1<<20))
		}
		got := make([]byte, len(want))
		err := in.inflate(got, stream)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%x: got %q, %v; compress/zlib says %q, %v", stream, got, err, want, wantErr)
		}
	})
}
