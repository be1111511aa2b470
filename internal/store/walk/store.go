// SPDX-License-Identifier: Apache-2.0

package walk

// Store has the methods of store.Store that only ask: Match, Query, Outcomes, Runs and
// Previous. The store of a driver embeds it.
//
// The methods return the errors of the Finder as they are. An answer is not of one moment:
// objects that are loaded meanwhile may be there or not. No object is there that was not
// asked for.
type Store struct {
	finder    Finder
	platforms func() func(environmentMisc []byte) string
	room      int // objects that an answer holds while it looks for others
}

// maxHeld is the number of objects that an answer holds. It is enough for the objects of
// most questions to be read once only, and takes some megabytes.
const maxHeld = 1000

// New returns a store that asks a database. The function that platforms returns, for one
// goroutine, finds the platform of a test in the misc of its environment.
func New(f Finder, platforms func() func(environmentMisc []byte) string) Store {
	return Store{f, platforms, maxHeld}
}
