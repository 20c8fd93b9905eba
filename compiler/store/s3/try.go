package s3

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"muster/compiler/store"
)

// patience is how long an operation goes on while the server does not give an answer that settles it.
type patience struct {
	tries int
	// pause is how long to wait after the first try; it doubles with each. The wait is a random half to whole of that, so that
	// those who met do not meet again.
	pause time.Duration
	// dial and answer are how long one try waits for a connection, and for an answer after the request has been sent.
	dial, answer time.Duration
	// whole is how long all tries take together, and extra by how much longer for each mebibyte that is sent or received.
	whole, extra time.Duration
}

// usual is the patience with a server of which nothing is known: about 20 seconds if it is not there or hangs. A mebibyte takes
// 16 seconds at 64 KiB per second, which is a slow connection.
func usual() patience {
	return patience{tries: 5, pause: 200 * time.Millisecond, dial: 4 * time.Second, answer: 8 * time.Second, whole: 20 * time.Second, extra: 16 * time.Second}
}

// again is an error after which the next try may succeed.
type again struct{ error }

func (a again) Unwrap() error { return a.error }

// try calls request until it returns something else than an again, at most p.tries times, and not again after p.whole. A
// request calls more when it knows how many bytes it is to move. If ctx ends, its error is returned.
func (p patience) try(ctx context.Context, request func(ctx context.Context, more func(size int64)) error) error {
	whole, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	timer := time.AfterFunc(p.whole, cancel)
	defer timer.Stop()
	more := func(size int64) { timer.Reset(p.whole + p.forBytes(size) - time.Since(start)) }
	for n := 1; ; n++ {
		err := request(whole, more)
		switch {
		case !errors.As(err, &again{}):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case whole.Err() != nil:
			return fmt.Errorf("%w: no answer in %v", store.ErrUnavailable, time.Since(start).Round(time.Second))
		case n == p.tries || time.Since(start) >= p.whole:
			return fmt.Errorf("%w (tried %d times in %v)", err, n, time.Since(start).Round(time.Second))
		}
		select {
		case <-whole.Done():
		case <-time.After(p.wait(n)):
		}
	}
}

func (p patience) forBytes(size int64) time.Duration {
	return time.Duration(float64(p.extra) * float64(size) / (1 << 20))
}

// wait is how long to wait after the n-th try.
func (p patience) wait(n int) time.Duration {
	d := p.pause << (n - 1)
	return d/2 + rand.N(d/2+1)
}
