package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"

	"muster/compiler/publish"
)

// progress shows how far a publisher has come, where somebody is looking: nothing of it is seen in CI, or stays.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress is the progress of a number of objects, and of two more: the log's entry and the pointer.
func newProgress(w io.Writer, objects int) progress {
	if !terminal(w) || os.Getenv("TERM") == "dumb" {
		return progress{}
	}
	return drawProgress(w, objects+2)
}

// drawProgress draws lines of less than eighty columns: of a line that the terminal wraps, a part would stay.
func drawProgress(w io.Writer, steps int) progress {
	return progress{progressbar.NewOptions(steps, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(false))}
}

func (p progress) did(step publish.Step, path string) {
	if p.bar == nil {
		return
	}
	p.bar.Describe(fmt.Sprintf("%s %.24s", verbs[step], path))
	p.bar.Add(1) // it can only fail to draw
}

var verbs = map[publish.Step]string{publish.Found: "found", publish.Created: "created", publish.Swapped: "swapped"}

func (p progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
