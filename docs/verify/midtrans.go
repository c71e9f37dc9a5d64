// Whether a Midtrans notification is genuine. Go 1.19 or newer, standard library only.
//
// Copy isGenuine into your endpoint; give it the request's body and your server key.
//
//	SERVER_KEY=SB-Mid-server-... go run midtrans.go body.json
package main

import (
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

func isGenuine(body []byte, serverKey string) bool {
	// Texts as they stand in this body: "44000.00" is not 44000.
	var news struct {
		OrderID      string `json:"order_id"`
		StatusCode   string `json:"status_code"`
		GrossAmount  string `json:"gross_amount"`
		SignatureKey string `json:"signature_key"`
	}
	if json.Unmarshal(body, &news) != nil {
		return false
	}
	hash := sha512.Sum512([]byte(news.OrderID + news.StatusCode + news.GrossAmount + serverKey))
	expected := hex.EncodeToString(hash[:])
	return subtle.ConstantTimeCompare([]byte(expected), []byte(news.SignatureKey)) == 1
}

func main() {
	body, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	if !isGenuine(body, os.Getenv("SERVER_KEY")) {
		fmt.Println("not genuine")
		os.Exit(1)
	}
	fmt.Println("genuine")
}
