// Reads a published log with Go's own packages and nothing of ours: golang.org/x/mod/sumdb/note and .../tlog.
//
//	main FOLDER VKEY
//
// FOLDER holds checkpoint and tiles, in proofs/ files N.tlog-proof, in heads/ signed heads by size, and in
// consistency/ files OLD-NEW as a witness takes them. It says how much was checked, or what does not fit and exits 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 3 {
		fail("usage: main FOLDER VKEY")
	}
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "the log's key")
	tree := head(read(folder, "checkpoint"), verifier)
	tiles := tlog.TileHashReader(tree, &files{folder})
	leaves := records(folder, tree, tiles)
	root, err := tlog.TreeHash(tree.N, tiles)
	check(err, "the root from the tiles")
	if root != tree.Hash {
		fail("the tiles give another root than the checkpoint")
	}
	proved := inclusion(folder, leaves, verifier)
	pairs := consistency(folder, tiles, verifier)
	fmt.Printf("entries %d, proofs %d, pairs %d\n", tree.N, proved, pairs)
}

// head is what a signed head says, after its signature was checked.
func head(signed []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err, "a signed head")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("a head is not origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "a size")
	hash, err := tlog.ParseHash(lines[2])
	check(err, "a root")
	return tlog.Tree{N: size, Hash: hash}
}

// records hashes every entry of the bundles and compares it with the tiles, which Go authenticates against the root.
func records(folder string, tree tlog.Tree, tiles tlog.HashReader) []tlog.Hash {
	var leaves []tlog.Hash
	for start := int64(0); start < tree.N; start += 256 {
		tile := tlog.Tile{H: height, L: 0, N: start / 256, W: int(min(256, tree.N-start))}
		name := strings.Replace(address(tile), "tile/0/", "tile/entries/", 1)
		data := read(folder, name)
		var indexes []int64
		for nth := 0; nth < tile.W; nth++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				fail(name + " ends early")
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, tlog.RecordHash(data[2:end]))
			indexes = append(indexes, tlog.StoredHashIndex(0, start+int64(nth)))
			data = data[end:]
		}
		if len(data) > 0 {
			fail(name + " holds more than its width")
		}
		found, err := tiles.ReadHashes(indexes)
		check(err, "hashes of "+name)
		for nth, hash := range found {
			if hash != leaves[start+int64(nth)] {
				fail(fmt.Sprintf("entry %d is not what its tile says", start+int64(nth)))
			}
		}
	}
	return leaves
}

// inclusion checks every file of proofs/ with Go's CheckRecord.
func inclusion(folder string, leaves []tlog.Hash, verifier note.Verifier) int {
	names := list(folder, "proofs")
	for _, name := range names {
		above, signed, _ := strings.Cut(string(read(folder, "proofs/"+name)), "\n\n")
		lines := strings.Split(above, "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
			fail(name + " is no tlog-proof")
		}
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		check(err, name)
		tree := head([]byte(signed), verifier)
		check(tlog.CheckRecord(hashes(lines[2:]), tree.N, tree.Hash, index, leaves[index]), name)
	}
	return len(names)
}

// consistency checks every file of consistency/ with Go's CheckTree, and that Go draws the same proof where it can.
func consistency(folder string, tiles tlog.HashReader, verifier note.Verifier) int {
	names := list(folder, "consistency")
	for _, name := range names {
		above, signed, _ := strings.Cut(string(read(folder, "consistency/"+name)), "\n\n")
		lines := strings.Split(above, "\n")
		old := head(read(folder, "heads/"+strings.TrimPrefix(lines[0], "old ")), verifier)
		later := head([]byte(signed), verifier)
		proof := tlog.TreeProof(hashes(lines[1:]))
		check(tlog.CheckTree(proof, later.N, later.Hash, old.N, old.Hash), name)
		drawn, err := tlog.ProveTree(later.N, old.N, tiles)
		check(err, "Go's proof of "+name)
		if fmt.Sprint(drawn) != fmt.Sprint(proof) {
			fail(name + " is another proof than Go's")
		}
	}
	return len(names)
}

// files reads tiles where C2SP has them: Go's path names the height, which there is always 8.
type files struct{ folder string }

func (f *files) Height() int                            { return height }
func (f *files) SaveTiles(tiles []tlog.Tile, d [][]byte) {}
func (f *files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, address(tile)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func address(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func hashes(lines []string) []tlog.Hash {
	var found []tlog.Hash
	for _, line := range lines {
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		check(err, "a hash")
		var hash tlog.Hash
		if copy(hash[:], raw) != tlog.HashSize || len(raw) != tlog.HashSize {
			fail("a hash of another length")
		}
		found = append(found, hash)
	}
	return found
}

func list(folder, name string) []string {
	entries, err := os.ReadDir(filepath.Join(folder, name))
	check(err, name)
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

func read(folder, name string) []byte {
	data, err := os.ReadFile(filepath.Join(folder, name))
	check(err, name)
	return data
}

func check(err error, what string) {
	if err != nil {
		fail(what + ": " + err.Error())
	}
}

func fail(what string) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}
