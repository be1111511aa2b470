// SPDX-License-Identifier: Apache-2.0

// Package subscription reads subscriptions, and matches objects with them. A
// subscription is a YAML file that names objects, recipients and times. All files are
// in one folder.
//
//	on: revision                  # type of the objects
//	select:                       # all must match; texts with * and ?
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
//	about    a remark for the recipients
//	on       revision, checkout, build, test, issue, issue_version or incident
//	select   properties that an object must have, see below
//	match    a condition, an expression; select or match is needed
//	id       the ID of the message, an expression: only one message is ever sent for
//	         a subscription, an object and an ID
//	to, cc, bcc  addresses, 100 at most
//	wait     after the last change of the object: 30m, 3h, 2d
//	at_most  but no longer than this after the first
//	budget   mails that a recipient gets from it in a day
//	subject, body  templates of Go's text/template; the standard ones otherwise
//	via      mail, feed, webhook:NAME; mail if recipients are given
//
// The keys of select follow. Each has a text or a list of texts, and one text must
// match. In a text, "*" stands for any number of characters, and "?" for one. A
// property that an object lacks is "".
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
// Fields lists the fields that expressions know. A condition on a member that an object
// may lack, such as a member of its misc, begins with has(object.misc.x). Reading a
// missing member is an error, and the subscription then does not match.
//
// Parse reports each mistake in a file with its line: unknown keys, wrong names and
// types in expressions, wrong fields in templates. People write subscriptions for each
// other, so that rules and templates are bounded in time and size.
//
// Match compares selectors first, because they cost little, and then evaluates the
// expression. An expression reads related objects from the database when it reaches
// them. A rule should name related objects last.
package subscription
