//go:build tools

// Package nodes pins the programs that the real test nodes are made of.
package nodes

import (
	_ "k8s.io/kubernetes/cmd/kube-proxy"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
