package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
)

// Sent by a caller with its credential, NAME=VALUE; answered with 401 by a server that has another.
const credentialHeader = "X-Credential"

// Sent by a caller that only asks whether the server itself answers.
const checkHeader = "X-Check"

func pages(dependencies []dependency) http.Handler {
	hostname, _ := os.Hostname()
	home := func(answer http.ResponseWriter, request *http.Request) {
		if !accepted(request.Header.Get(credentialHeader)) {
			http.Error(answer, "authentication failed", http.StatusUnauthorized)
			return
		}
		if request.Header.Get(checkHeader) == "" {
			if problems := callAll(dependencies, false); len(problems) > 0 {
				http.Error(answer, strings.Join(problems, "\n"), http.StatusBadGateway)
				return
			}
		}
		fmt.Fprintf(answer, "%s\n", hostname)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", home)
	mux.HandleFunc("/index.html", home)
	mux.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(answer, "ok")
	})
	mux.HandleFunc("/ready", func(answer http.ResponseWriter, _ *http.Request) {
		for _, problem := range callAll(dependencies, true) {
			if strings.Contains(problem, "authentication failed") {
				http.Error(answer, problem, http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(answer, "ok")
	})
	return mux
}

// A server checks only the credentials that it has itself.
func accepted(credential string) bool {
	name, value, found := strings.Cut(credential, "=")
	if !found {
		return true
	}
	mine, has := os.LookupEnv(name)
	return !has || mine == value
}

// Calls every dependency, or every one that wants a credential, and returns what went wrong.
func callAll(dependencies []dependency, credentialsOnly bool) []string {
	var group sync.WaitGroup
	problems := make([]string, len(dependencies))
	for at, one := range dependencies {
		if credentialsOnly && one.credential == "" {
			continue
		}
		group.Add(1)
		go func() {
			defer group.Done()
			problems[at] = one.problem(credentialsOnly)
		}()
	}
	group.Wait()
	var found []string
	for _, problem := range problems {
		if problem != "" {
			found = append(found, problem)
		}
	}
	return found
}
