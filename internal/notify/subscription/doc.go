// SPDX-License-Identifier: Apache-2.0

// Package subscription reads who wants to hear of which objects, and when: a
// folder of YAML files, a subscription each.
//
//	on: revision                  # the type of objects
//	select:                       # all must fit; texts with * and ?
//	  repository: "*/stable/linux-stable-rc.git"
//	  branch: ["linux-6.*"]
//	match: object.builds.done     # an expression of the Common Expression Language
//	to: [stable@example.org]
//	wait: 3h                      # after the last change
//
// The keys of a file:
//
//	name     unique in the folder; the file's name without .yaml or .yml, unless
//	         it is given
//	about    a remark for the people who get the mails
//	on       revision, checkout, build, test, issue, issue_version or incident
//	select   what an object must have, see below
//	match    what must be true of it; at least one of select and match is needed
//	id       the ID of the message, an expression: of a subscription, an object and
//	         an ID, only one message is ever sent
//	to, cc, bcc  addresses, 100 at most
//	wait     after the last change of the object: 30m, 3h, 2d
//	at_most  but no longer than this after the first
//	budget   mails that a recipient gets from it in a day
//	subject, body  templates of Go's text/template; the standard ones otherwise
//	via      some of mail, feed and webhook:NAME; mail where there are recipients
//
// The keys of select, each with a text or a list of texts, one of which must fit.
// In a text "*" stands for any characters, or none, and "?" for one. A text that
// an object does not have is "".
//
//	repository, branch, tree      of revisions, checkouts and all below; a revision
//	                              must have been checked out from one place that
//	                              fits all three
//	origin                        of all; a revision has several
//	architecture, config          of builds, tests and incidents
//	path                          of tests and incidents, as facts.MatchPath has it
//	platform, lab, compatible     of tests and incidents
//	status, was, now              of all: FAIL and so on, or none; was and now are
//	                              those before and after the change
//	category, culprit             of issues, by their newest version, of issue
//	                              versions and incidents
//
// Fields lists what expressions know. A condition on what an object may not have,
// such as a member of its misc, begins with has(object.misc.x), because looking at
// what is not there is an error, and then the subscription does not match.
//
// Everything about a file that can be known to be wrong is found when it is read,
// and told with its line: unknown keys, names and types in expressions, fields in
// templates. What a subscription does afterwards is bounded in time and size,
// whatever is written in it, because people write them for each other.
//
// Selectors are compared first, because they cost next to nothing, and then the
// expression is evaluated. What belongs to an object is read from the database
// when an expression asks for it, so it does well to ask for that at its end.
package subscription
