// SPDX-License-Identifier: Apache-2.0

package main

// metrics are the metrics of the service, which Prometheus keeps.
var metrics = &engine{uids: "kcidb-", plugin: "prometheus", sources: "prometheus", objectPeriod: "now-6h"}

// operationsFile is the dashboard of the service, for administrators.
const operationsFile = "operations/kcidb-operations.json"

// curve is a line of a graph: a query of Prometheus and its name.
type curve struct{ query, name string }

// graph shows curves over time, in a unit of Grafana.
func graph(title, about, unit string, width int, curves ...curve) panel {
	targets := []object{}
	for i, c := range curves {
		targets = append(targets, object{
			"refId": string(rune('A' + i)), "datasource": metrics.source(), "expr": c.query, "legendFormat": c.name, "range": true,
		})
	}
	return panel{width: width, body: object{
		"type": "timeseries", "title": title, "description": about, "datasource": metrics.source(), "targets": targets,
		"fieldConfig": object{"defaults": object{"unit": unit, "min": 0}, "overrides": []any{}},
		"options":     object{"legend": object{"displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi"}},
	}}
}

// quantiles are the median and the 95th percentile of a histogram.
func quantiles(histogram string) []curve {
	at := func(q string) string {
		return "histogram_quantile(" + q + ", sum by (le) (rate(" + histogram + "_bucket[$__rate_interval])))"
	}
	return []curve{{at("0.5"), "half are faster"}, {at("0.95"), "19 of 20 are faster"}}
}

// operations is the dashboard of the service.
func operations() dashboard {
	const half = width / 2
	return dashboard{
		page:        page{engine: metrics, name: "operations", title: "KCIDB: operations"},
		description: "How the service does: submissions, loading, requests, notifications. The alerts are in deploy/prometheus.",
		rows: []row{
			{8, []panel{
				graph("Submissions", "Received and loaded submissions per second.", "short", half,
					curve{"sum(rate(kcidb_submissions_total[$__rate_interval]))", "received"},
					curve{"sum(rate(kcidb_loader_submissions_total[$__rate_interval]))", "loaded"},
					curve{"sum by (reason) (rate(kcidb_submissions_postponed_total[$__rate_interval]))", "postponed: {{reason}}"},
					curve{"sum(rate(kcidb_errors_total[$__rate_interval]))", "refused: token"},
					curve{"sum(rate(kcidb_user_errors_total[$__rate_interval]))", "refused: content"}),
				graph("Queue", "Submissions that wait to be loaded.", "short", half,
					curve{"max(kcidb_json_files)", "waiting"}, curve{"max(kcidb_queue_dead_letters)", "given up"},
					curve{"sum by (kind) (kcidb_loader_waiting)", "aside: {{kind}}"}),
			}},
			{8, []panel{
				graph("From receiving to loading", "Time until a submission is loaded, and age of the oldest that waits.", "s", half,
					append(quantiles("kcidb_loader_latency_seconds"), curve{"max(kcidb_queue_oldest_seconds)", "oldest in the queue"})...),
				graph("Batches", "Time to load a batch.", "s", half, quantiles("kcidb_loader_seconds")...),
			}},
			{8, []panel{
				graph("Requests", "Requests per second, by kind.", "reqps", half,
					curve{"sum by (kind) (rate(kcidb_http_requests_total[$__rate_interval]))", "{{kind}}"}),
				graph("Failed and refused requests", "Per second: errors of the service, and refusals by limits.", "reqps", half,
					curve{`sum by (kind) (rate(kcidb_http_requests_total{code="5xx"}[$__rate_interval]))`, "5xx: {{kind}}"},
					curve{"sum by (reason) (rate(kcidb_http_refused_total[$__rate_interval]))", "refused: {{reason}}"}),
			}},
			{8, []panel{
				graph("Time of an answer", "The 95th percentile, by kind.", "s", half,
					curve{"histogram_quantile(0.95, sum by (le, kind) (rate(kcidb_http_seconds_bucket[$__rate_interval])))", "{{kind}}"}),
				graph("Connections", "Open connections, and requests that are being answered.", "short", half,
					curve{"sum(kcidb_http_connections)", "connections"}, curve{"sum(kcidb_http_in_flight)", "requests"}),
			}},
			{8, []panel{
				graph("Faults", "Faults in submissions per hour, by origin.", "short", half,
					curve{"sum by (origin) (increase(kcidb_faults_total[1h]))", "{{origin}}"}),
				graph("Notifications", "Changes to consider, messages to deliver, deliveries given up.", "short", half,
					curve{"max(kcidb_notify_changes)", "changes"}, curve{"max(kcidb_notify_ready)", "being delivered"},
					curve{"max(kcidb_notify_failed)", "given up"}),
			}},
		},
	}
}
