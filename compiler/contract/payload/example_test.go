package payload_test

import (
	"fmt"

	"muster/compiler/contract/payload"
)

func ExampleCompare() {
	emitted, err := payload.Parse(`{productId: string, quantity: int}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	heard, err := payload.Parse(`{productId: string, quantity: int & >0}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	v := payload.Compare(emitted, heard)
	fmt.Println(v.Answer, v.Witness)
	fmt.Println(v.Path + ": " + v.Reason)
	fmt.Println(payload.Compare(heard, emitted).Answer)
	// Output:
	// incompatible {"productId":"","quantity":0}
	// quantity: quantity may be 0, but must be int & >0
	// compatible
}

func ExampleExpression() {
	for _, text := range []string{"int\n", "string // ISO date", `"a" |
		"b"`, `int), "m": (string`, "int |", "Array<string>", " "} {
		s, err := payload.Expression(text)
		fmt.Printf("%q %v\n", s, err)
	}
	// Output:
	// "int" <nil>
	// "string" <nil>
	// "\"a\" |\n\"b\"" <nil>
	// "" 1:4: the type ends before ), "m": (string
	// "" 1:6: the type ends too early
	// "" 1:14: the type ends too early
	// "" 1:1: the type is empty
}

func ExampleSuggest() {
	fmt.Println(payload.Suggest("integer"), payload.Suggest("boolean"), payload.Suggest("any"), payload.Suggest("object"), payload.Suggest("Date"))
	fmt.Printf("%q\n", payload.Suggest("strng"))
	// Output:
	// int bool _ {...} string
	// ""
}
