package payload_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/compiler/contract/payload"
)

const (
	emitted  = `{productId: string & strings.MinRunes(1), quantity: int & >0, price: number & >=0, currency: =~"^[A-Z]{3}$", tags?: [...string]}`
	listened = `{productId: string, quantity: int & >=1, price?: number, currency: =~"^[A-Z]{3}$", tags?: [...string]}`
)

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := payload.Parse(emitted); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseForeign reads a type with a part that CUE has to be asked about.
func BenchmarkParseForeign(b *testing.B) {
	for b.Loop() {
		if _, err := payload.Parse(`{productId: string, at: time.Time}`); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompare compares types that are parsed.
func BenchmarkCompare(b *testing.B) {
	arms := make([]string, 30)
	for i := range arms {
		arms[i] = fmt.Sprintf(`{kind: "k%d", id: string, n%d: int}`, i, i)
	}
	union := strings.Join(arms, " | ")
	field := func(prefix string) func(i int) string {
		return func(i int) string { return fmt.Sprintf("%s%d: string", prefix, i) }
	}
	bools := make([]string, 64)
	for i := range bools {
		bools[i] = "{" + numbered(func(j int) string { return fmt.Sprintf("f%d: %v", j, i>>j&1 == 1) }, ", ", 6) + "}"
	}
	for _, c := range []struct {
		name, producer, consumer string
		want                     payload.Answer
	}{
		{"event", emitted, listened, payload.Compatible},
		{"patterns", `{id: =~"^[a-z][a-z0-9-]*$" & strings.MaxRunes(63)}`, `{id: =~"^[a-z0-9-]+$" & strings.MaxRunes(100)}`, payload.Compatible},
		{"union of 30", union, union, payload.Compatible},
		{"6 bools into 64 arms", "{" + numbered(func(i int) string { return fmt.Sprintf("f%d: bool", i) }, ", ", 6) + "}", strings.Join(bools, " | "), payload.Compatible},
		{"6 bools into 63 arms", "{" + numbered(func(i int) string { return fmt.Sprintf("f%d: bool", i) }, ", ", 6) + "}", strings.Join(bools[1:], " | "), payload.Incompatible},
		{"witness of 100 fields", "{" + numbered(field("a"), ", ", 100) + "}", "{" + numbered(field("a"), ", ", 99) + ", b: int}", payload.Incompatible},
		{"witness", emitted, `{productId: string, quantity: int & >1}`, payload.Incompatible},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, c1, want := mustParse(b, c.producer), mustParse(b, c.consumer), c.want
			b.ReportAllocs()
			for b.Loop() {
				if v := payload.Compare(p, c1); v.Answer != want {
					b.Fatal(v)
				}
			}
		})
	}
}

// BenchmarkMany compares 40 producers of 100 fields with 40 consumers, no two alike; each pair needs a witness.
func BenchmarkMany(b *testing.B) {
	side := func(own string) (all []payload.Type) {
		for i := range 40 {
			fields := numbered(func(j int) string { return fmt.Sprintf("f%d: string", j) }, ", ", 99)
			all = append(all, mustParse(b, fmt.Sprintf("{%s, %s%d: int}", fields, own, i)))
		}
		return all
	}
	producers, consumers := side("sent"), side("wanted")
	for b.Loop() {
		for _, p := range producers {
			for _, c := range consumers {
				if v := payload.Compare(p, c); v.Answer != payload.Incompatible {
					b.Fatal(v)
				}
			}
		}
	}
}

func mustParse(tb testing.TB, source string) payload.Type {
	tb.Helper()
	t, err := payload.Parse(source)
	if err != nil {
		tb.Fatalf("%s: %v", source, err)
	}
	return t
}
