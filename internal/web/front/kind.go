// SPDX-License-Identifier: Apache-2.0

package front

// Kind is a kind of request, by what its answer costs. Each kind has its own slots, so
// that a flood of one kind does not keep requests of another kind waiting.
type Kind int

// The kinds, the cheapest first.
const (
	// Probe asks whether the process is alive. It costs no more than a refusal, so that
	// its rate is not limited: a flood must not make the process look dead.
	Probe Kind = iota
	// Light costs next to nothing, or is made once for all clients.
	Light
	// File is a file of the web front end. It is held until its client has all of it, so
	// that a slow client holds up no others. It has no parameters.
	File
	// Page is a page for people.
	Page
	// Question is a question of a program.
	Question
	// Pattern is a question that may lead to any number of objects.
	Pattern
	// Receipt asks about a submission, or about a token. The rate of known submitters is
	// not limited for this kind and for Submission.
	Receipt
	// Task is work of the service itself that a scheduler asks for. It takes minutes.
	Task
	// Submission is a report. Package submit limits the memory of reports, and so
	// their number at a time.
	Submission
	kinds
)

// String returns the name of a kind, as metrics have it.
func (k Kind) String() string { return kindNames[k] }

var kindNames = [kinds]string{
	Probe: "probe", Light: "light", File: "file", Page: "page", Question: "question", Pattern: "pattern",
	Receipt: "receipt", Task: "task", Submission: "submission",
}

// reads reports whether requests are for what the service knows, and not for its state or
// for submitting.
func (k Kind) reads() bool { return File <= k && k <= Pattern }

// forPrograms reports whether the pages of other sites may read answers and refusals.
func (k Kind) forPrograms() bool { return k == Question || k == Pattern }

// forSubmitters reports whether refusals have the shape that submitters expect.
func (k Kind) forSubmitters() bool { return k == Receipt || k == Submission }

// maxHeld returns how many bytes of an answer are held until it is complete, before
// compression.
func (k Kind) maxHeld() int {
	if k == File {
		return maxHeldFile
	}
	return maxHeld
}

// maxBody returns the most bytes of a request's body.
func (k Kind) maxBody() int64 {
	if k == Task {
		return maxTaskBody
	}
	return maxBody
}
