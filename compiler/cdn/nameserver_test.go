package cdn_test

import (
	"net"
	"testing"
)

// nameserver answers every question for an IPv4 address with 127.0.0.1, and other questions with nothing, until
// it is closed.
func nameserver(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		for {
			question := make([]byte, 512)
			n, from, err := c.ReadFrom(question)
			if err != nil {
				return
			}
			if n > 12 {
				_, _ = c.WriteTo(reply(question[:n]), from)
			}
		}
	}()
	return c
}

// reply is a DNS message with the one question and, for an IPv4 address, one answer (RFC 1035, section 4).
func reply(question []byte) []byte {
	end := 12
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root, type and class
	if end > len(question) {
		return nil
	}
	message := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	if question[end-3] == 1 { // type A
		message[7] = 1
		message = append(message, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1)
	}
	return message
}
