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
