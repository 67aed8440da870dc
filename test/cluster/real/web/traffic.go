package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const reportPeriod = 100 * time.Millisecond

// How many requests to each target ended how: a status, or a word for what came instead.
type counts struct {
	lock sync.Mutex
	all  map[string]map[string]int
}

func (counts *counts) add(target, outcome string) {
	counts.lock.Lock()
	defer counts.lock.Unlock()
	counts.all[target][outcome]++
}

func (counts *counts) report() {
	counts.lock.Lock()
	defer counts.lock.Unlock()
	line, _ := json.Marshal(counts.all)
	fmt.Println(string(line))
}

// Sends requests, `httpd traffic PER_SECOND TIMEOUT_MS NAME=URL …`, to every target until its
// standard input ends, each on a connection of its own. Writes the counts so far as JSON lines.
func traffic(args []string) {
	perSecond, err := strconv.ParseFloat(args[0], 64)
	if err != nil || perSecond <= 0 {
		fmt.Fprintln(os.Stderr, "traffic: the rate must be above 0")
		os.Exit(2)
	}
	timeout, _ := strconv.Atoi(args[1])
	client := &http.Client{
		Timeout:   time.Duration(timeout) * time.Millisecond,
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	counts := &counts{all: map[string]map[string]int{}}
	context, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, arg := range args[2:] {
		name, url, _ := strings.Cut(arg, "=")
		counts.all[name] = map[string]int{}
		group.Go(func() {
			ticks := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
			defer ticks.Stop()
			for {
				select {
				case <-context.Done():
					return
				case <-ticks.C:
					group.Go(func() { counts.add(name, outcome(client, url)) })
				}
			}
		})
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	reports := time.NewTicker(reportPeriod)
	for context.Err() == nil {
		<-reports.C
		counts.report()
	}
	group.Wait()
	counts.report()
}

func outcome(client *http.Client, url string) string {
	answer, err := client.Get(url)
	if err == nil {
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		return strconv.Itoa(answer.StatusCode)
	}
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &lookup):
		return "unresolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "broken"
}
