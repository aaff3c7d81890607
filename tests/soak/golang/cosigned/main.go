// Opens a cosigned head with Go's own note package: the log's key and those of witnesses, nothing of ours.
//
//	cosigned FILE VKEY...
//
// A key of type 1 is a log's, one of type 4 a witness's (C2SP tlog-cosignature). It prints the names of the keys whose
// signatures hold, one a line, witnesses with their time; a signature of a given key that does not hold makes it exit 1.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// witness verifies cosignature/v1, as Go's note package wants a verifier.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }
func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	said := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(w.key, []byte(said), sig[8:])
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: cosigned FILE VKEY...")
	}
	signed, err := os.ReadFile(os.Args[1])
	check(err)
	var verifiers []note.Verifier
	for _, key := range os.Args[2:] {
		verifiers = append(verifiers, verifier(key))
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	check(err)
	for _, one := range opened.Sigs {
		raw, err := base64.StdEncoding.DecodeString(one.Base64)
		check(err)
		if len(raw) == 4+8+ed25519.SignatureSize {
			fmt.Println(one.Name, binary.BigEndian.Uint64(raw[4:]))
		} else {
			fmt.Println(one.Name)
		}
	}
}

func verifier(key string) note.Verifier {
	parts := strings.SplitN(key, "+", 3)
	if len(parts) != 3 {
		fail("no key: " + key)
	}
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	if raw[0] != 4 {
		found, err := note.NewVerifier(key)
		check(err)
		return found
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check(err)
	return &witness{parts[0], uint32(hash), ed25519.PublicKey(raw[1:])}
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
