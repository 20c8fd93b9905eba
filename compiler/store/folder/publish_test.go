package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"muster/compiler/store"
)

// publication returns what is published for the n-th serial of a little registry: two manifests, of which one changes with
// every serial, the other with every second one, an entry of the log, and the pointer, which names all three.
func publication(n int) Output {
	manifests := generation(n).Immutable[:2]
	entry := fmt.Appendf(nil, `{"serial":%d}`, n)
	out := Output{Immutable: append(slices.Clip(manifests), store.Object{Path: fmt.Sprintf("log/%d.json", n), Body: entry})}
	var names []named
	for _, o := range out.Immutable {
		names = append(names, named{o.Path, hashOf(string(o.Body))})
	}
	pointer, err := json.Marshal(names)
	if err != nil {
		panic(err)
	}
	out.Mutable = []store.Object{{Path: "pointer.json", Body: pointer}}
	return out
}

// publishedBefore and published are the publications that the scenarios know.
var (
	publishedBefore = sync.OnceValue(func() Output { return publication(2) })
	published       = sync.OnceValue(func() Output { return publication(3) })
)

// oneObject is the first thing that a publisher creates.
func oneObject() Output { return Output{Immutable: published().Immutable[:1]} }

var publishing = work{"publishing", func(f folder, out Output) error {
	return publishTo(context.Background(), newObjects(f), out)
}, publishedBefore}

// publishTo creates what is immutable, unless it is there already, and then swaps the pointer.
func publishTo(ctx context.Context, s store.Store, out Output) error {
	for _, o := range out.Immutable {
		err := s.Create(ctx, o)
		if errors.Is(err, store.ErrConflict) {
			err = same(ctx, s, o)
		}
		if err != nil {
			return err
		}
	}
	if len(out.Mutable) == 0 {
		return nil
	}
	o := out.pointer()
	found, tag, err := s.Get(ctx, o.Path)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s.Create(ctx, o)
	case err != nil || bytes.Equal(found.Body, o.Body):
		return err
	}
	return s.Swap(ctx, o, tag)
}

func same(ctx context.Context, s store.Store, o store.Object) error {
	found, _, err := s.Get(ctx, o.Path)
	if err == nil && !bytes.Equal(found.Body, o.Body) {
		err = fmt.Errorf("%q is %q", o.Path, found.Body)
	}
	return err
}
