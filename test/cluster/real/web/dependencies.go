package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

const complaintPeriod = 10 * time.Second

// A Service that the environment names: X_ADDR, with X_PASSWORD where it wants a credential.
type dependency struct {
	variable   string
	address    string
	credential string
	secret     string
}

// One connection per call, so that every call meets the Service's rules of that moment.
var client = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{DisableKeepAlives: true},
}

func dependencies(environment []string) []dependency {
	var found []dependency
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		prefix, isAddress := strings.CutSuffix(name, "_ADDR")
		// CART_PORT_80_TCP_ADDR and its like are the kubelet's, one set per Service.
		if !isAddress || strings.HasSuffix(prefix, "_TCP") {
			continue
		}
		one := dependency{variable: name, address: value, secret: prefix + "_PASSWORD"}
		if password, has := os.LookupEnv(one.secret); has {
			one.credential = one.secret + "=" + password
		}
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b dependency) int { return strings.Compare(a.variable, b.variable) })
	return found
}

// Calls the dependency; says what went wrong as the log does, or nothing.
func (one dependency) problem(checkOnly bool) string {
	url := one.address
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	prefix := fmt.Sprintf("GET http://%s/ (%s): ", one.address, one.variable)
	request, err := http.NewRequest(http.MethodGet, url+"/", nil)
	if err != nil {
		return prefix + "bad address '" + one.address + "'"
	}
	if one.credential != "" {
		request.Header.Set(credentialHeader, one.credential)
	}
	if checkOnly {
		request.Header.Set(checkHeader, "1")
	}
	answer, err := client.Do(request)
	if err != nil {
		return prefix + reason(err, one.address)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return prefix + "authentication failed (" + one.secret + ")"
	case answer.StatusCode >= 400:
		return prefix + answer.Status
	}
	return ""
}

func reason(err error, address string) string {
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &lookup):
		return "bad address '" + address + "'"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	}
	return err.Error()
}

// Logs what is wrong with the dependencies, now and then for as long as it is.
func complain(dependencies []dependency) {
	for {
		for _, one := range dependencies {
			if problem := one.problem(true); problem != "" {
				fmt.Println(problem)
			}
		}
		time.Sleep(complaintPeriod)
	}
}
