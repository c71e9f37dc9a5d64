// Whether an event of Gerai's own is genuine (Standard Webhooks). Go 1.19 or newer, standard library
// only.
//
// Copy isGenuine into your endpoint; give it the request's headers, its body byte for byte, your secret
// and the time.
//
//	EVENTS_SECRET=whsec_... go run gerai.go body.json headers.txt
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// How far the sender's clock and ours may be apart; older ones may be sent by a thief.
const tolerance = 5 * time.Minute

func isGenuine(header func(string) string, body []byte, secret string, now time.Time) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	timestamp := header("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(header("webhook-id") + "." + timestamp + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While a secret is replaced there are two.
	for _, given := range strings.Split(header("webhook-signature"), " ") {
		if hmac.Equal([]byte(expected), []byte(given)) {
			return true
		}
	}
	return false
}

// In an endpoint this is request.Header.Get.
func readHeaders(path string) func(string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	headers := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			headers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return func(name string) string { return headers[name] }
}

func main() {
	body, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	if !isGenuine(readHeaders(os.Args[2]), body, os.Getenv("EVENTS_SECRET"), time.Now()) {
		fmt.Println("not genuine")
		os.Exit(1)
	}
	fmt.Println("genuine")
}
