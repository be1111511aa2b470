// SPDX-License-Identifier: Apache-2.0

package google

import (
	_ "cloud.google.com/go/bigquery"
	_ "cloud.google.com/go/bigquery/storage/managedwriter"
	_ "cloud.google.com/go/firestore"
	_ "cloud.google.com/go/firestore/apiv1/admin"
	_ "cloud.google.com/go/iam/admin/apiv1"
	_ "cloud.google.com/go/pubsub/v2"
	_ "cloud.google.com/go/pubsub/v2/pstest"
	_ "cloud.google.com/go/resourcemanager/apiv3"
	_ "cloud.google.com/go/scheduler/apiv1"
	_ "cloud.google.com/go/secretmanager/apiv1"
	_ "github.com/hashicorp/hcl/v2/hclparse"
)
