package webpack

// jobs are what JavaScript does before it waits for the network again, in this order. The order decides whose container is
// initialised first where several could be, so promises take as many jobs here as they take there.
type jobs []func()

func (j *jobs) run() {
	for len(*j) > 0 {
		next := (*j)[0]
		*j = (*j)[1:]
		next()
	}
}

// promise is one of nothing: all that matters is when it settles, and whether it fails.
type promise struct {
	settled bool
	failure *failure
	waiting []func()
}

// failure is an error object. webpack appends to its message wherever it comes up, and the same object can come up often.
type failure struct{ text string }

func (j *jobs) settle(p *promise, f *failure) {
	p.settled, p.failure = true, f
	*j = append(*j, p.waiting...)
	p.waiting = nil
}

func (j *jobs) when(p *promise, f func()) {
	if p.settled {
		*j = append(*j, f)
		return
	}
	p.waiting = append(p.waiting, f)
}

// then is p.then(next, caught), without caught if it is nil. What next returns may be a promise again, which is waited for.
func (j *jobs) then(p *promise, next func() (*promise, *failure), caught func(*failure)) *promise {
	made := &promise{}
	j.when(p, func() {
		switch {
		case p.failure == nil:
			inner, f := next()
			j.resolve(made, inner, f)
		case caught != nil:
			caught(p.failure)
			j.settle(made, nil)
		default:
			j.settle(made, p.failure)
		}
	})
	return made
}

func (j *jobs) resolve(p, inner *promise, f *failure) {
	if inner == nil {
		j.settle(p, f)
		return
	}
	*j = append(*j, func() {
		j.when(inner, func() { j.settle(p, inner.failure) })
	})
}

// all is Promise.all, of at least one promise.
func (j *jobs) all(list []*promise) *promise {
	whole, left := &promise{}, len(list)
	for _, p := range list {
		j.when(p, func() {
			left--
			if !whole.settled && (left == 0 || p.failure != nil) {
				j.settle(whole, p.failure)
			}
		})
	}
	return whole
}
