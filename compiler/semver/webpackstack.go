package semver

import "slices"

// webpackStep is what one word of a range does on the stack of webpack 5.110: it puts an answer there, or takes two off for one.
type webpackStep byte

const (
	pushNo webpackStep = iota
	pushYes
	takeOr
	takeAnd
)

func pushing(answer bool) webpackStep {
	if answer {
		return pushYes
	}
	return pushNo
}

// throughStack goes through a range as webpack 5.110 does: backwards, with a stack. Its comparison of operators is loose, so
// what is left of "^*" among other words, [1], is the operator 1 to it, which is "or", and [2] of "~*" the operator 2, "and".
func (w webpackReader) throughStack(rng string) (bool, error) {
	var space [16]webpackStep
	steps, arms := space[:0], 0
	alone := isOneWord(rng)
	for more := true; more; arms++ {
		var arm string
		var err error
		arm, rng, more = cutWebpackArm(rng)
		if steps, err = w.appendSteps(steps, arm, alone); err != nil {
			return false, err
		}
	}
	for range arms - 1 {
		steps = slices.Insert(steps, 0, takeOr)
	}
	return runBackwards(steps), nil
}

// appendSteps appends the steps of an arm, in the order in which they are written.
func (w webpackReader) appendSteps(steps []webpackStep, arm string, alone bool) ([]webpackStep, error) {
	if from, to, ok := cutHyphen(arm); ok {
		answer, err := w.hyphen(from, to)
		return append(steps, pushing(answer)), err
	}
	first := len(steps)
	arm = trimSpace(arm)
	for more := true; more; {
		var word string
		word, arm, more = cutWebpackWord(arm)
		step, err := w.step(word, alone)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	for range len(steps) - first - 1 {
		steps = slices.Insert(steps, first, takeAnd)
	}
	return steps, nil
}

func (w webpackReader) step(word string, alone bool) (webpackStep, error) {
	answer, err := w.word(word)
	if err != nil || alone {
		return pushing(answer), err
	}
	operator := webpackOperator(word)
	var space webpackSpace
	bound, err := appendWebpackPartial(space[:0], trimSpace(word[len(operator):]))
	switch {
	case len(bound) > 0:
	case operator == "^":
		return takeOr, err
	case operator == "~":
		return takeAnd, err
	}
	return pushing(answer), err
}

// isOneWord reports whether a range is a single word, which is taken as it is.
func isOneWord(rng string) bool {
	arm, _, more := cutWebpackArm(rng)
	_, _, hyphen := cutHyphen(arm)
	_, _, words := cutWebpackWord(trimSpace(arm))
	return !more && !hyphen && !words
}

// runBackwards gives the answer on top in the end. What is taken off an empty stack is no.
func runBackwards(steps []webpackStep) bool {
	var space [16]bool
	stack := space[:0]
	pop := func() (top bool) {
		if len(stack) > 0 {
			top, stack = stack[len(stack)-1], stack[:len(stack)-1]
		}
		return top
	}
	for _, step := range slices.Backward(steps) {
		switch step {
		case takeOr:
			a, b := pop(), pop()
			stack = append(stack, a || b)
		case takeAnd:
			a, b := pop(), pop()
			stack = append(stack, a && b)
		default:
			stack = append(stack, step == pushYes)
		}
	}
	return pop()
}
