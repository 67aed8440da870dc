// Command httpd is the server of the images local/web:N. It does for real what the simulated
// kubelets' rules say of those images: pages, working set, warm-up, callers that check their
// dependencies, a credential that must be the database's.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// With the runtime's own few mebibytes a little above the 16 Mi of the simulated rules: no
	// limit that kills a simulated server lets this one live.
	ballast = 14 << 20
	// A server that is told to stop serves on until the Services have forgotten it.
	linger = 1500 * time.Millisecond
	// What a process that SIGTERM ended shows.
	terminated = 143
)

func main() {
	if len(os.Args) > 4 && os.Args[1] == "traffic" {
		traffic(os.Args[2:])
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)

	memory := make([]byte, ballast)
	for at := 0; at < len(memory); at += 4096 {
		memory[at] = 1
	}
	wait(os.Getenv("WARM_UP_SECONDS"), stop)

	port := port(os.Args[1:])
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		fmt.Println("httpd: bind: Address already in use")
		os.Exit(1)
	}
	fmt.Println("httpd: listening on port " + port)
	dependencies := dependencies(os.Environ())
	go complain(dependencies)
	go http.Serve(listener, pages(dependencies))

	<-stop
	time.Sleep(linger)
	listener.Close()
	_ = memory[0]
	os.Exit(terminated)
}

// The port of `httpd -p [HOST:]PORT`, else of PORT, else 8080.
func port(args []string) string {
	for at, arg := range args {
		value, found := strings.CutPrefix(arg, "-p")
		if !found {
			continue
		}
		if value == "" && at+1 < len(args) {
			value = args[at+1]
		}
		return value[strings.LastIndex(value, ":")+1:]
	}
	if value, err := strconv.Atoi(os.Getenv("PORT")); err == nil && value > 0 {
		return strconv.Itoa(value)
	}
	return "8080"
}

func wait(seconds string, stop <-chan os.Signal) {
	number, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return
	}
	select {
	case <-time.After(time.Duration(number * float64(time.Second))):
	case <-stop:
		os.Exit(terminated)
	}
}
