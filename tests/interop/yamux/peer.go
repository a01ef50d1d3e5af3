// SPDX-License-Identifier: GPL-3.0-or-later
// The reference implementation of yamux on the socket it inherits as descriptor 3, told what to do over a stream of the session.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/yamux"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// One stream of ours: a length, so many bytes, and the same back before either side ends it.
func ask(session *yamux.Session, size int, seed int64) error {
	stream, err := session.OpenStream()
	if err != nil {
		return err
	}
	defer stream.Close()
	data := make([]byte, size)
	rand.New(rand.NewSource(seed)).Read(data)
	wrote := make(chan error, 1)
	go func() {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(size))
		if _, err := stream.Write(length[:]); err != nil {
			wrote <- err
			return
		}
		_, err := stream.Write(data)
		wrote <- err
	}()
	back := sha256.New()
	if _, err := io.CopyN(back, stream, int64(size)); err != nil {
		return err
	}
	if err := <-wrote; err != nil {
		return err
	}
	if sum := sha256.Sum256(data); string(back.Sum(nil)) != string(sum[:]) {
		return fmt.Errorf("other bytes came back")
	}
	return nil
}

func askMany(session *yamux.Session, count int, size int) error {
	var group sync.WaitGroup
	failures := make(chan error, count)
	for i := 0; i < count; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			failures <- ask(session, size+i, int64(i))
		}(i)
	}
	group.Wait()
	for i := 0; i < count; i++ {
		if err := <-failures; err != nil {
			return err
		}
	}
	return nil
}

// Lines in, one line out for each: "ok" or what went wrong.
func control(session *yamux.Session, stream net.Conn) {
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		var verb string
		var count, size int
		fmt.Sscan(lines.Text(), &verb, &count, &size)
		var err error
		switch verb {
		case "open":
			err = askMany(session, count, size)
		case "ping":
			_, err = session.Ping()
		case "goaway":
			err = session.GoAway()
		case "refused":
			if _, open := session.OpenStream(); open != yamux.ErrRemoteGoAway {
				err = fmt.Errorf("opened after a goodbye: %v", open)
			}
		case "reset":
			var extra net.Conn
			if extra, err = session.OpenStream(); err == nil {
				extra.SetReadDeadline(time.Now().Add(20 * time.Second))
				if _, read := extra.Read(make([]byte, 1)); read != yamux.ErrConnectionReset {
					err = fmt.Errorf("expected a reset: %v", read)
				}
			}
		default:
			err = fmt.Errorf("unknown order %q", verb)
		}
		answer := "ok"
		if err != nil {
			answer = err.Error()
		}
		fmt.Fprintln(stream, answer)
	}
	stream.Close()
}

func serve(session *yamux.Session, stream net.Conn) {
	kind := make([]byte, 1)
	if _, err := io.ReadFull(stream, kind); err != nil {
		return
	}
	if kind[0] == 'C' {
		control(session, stream)
		return
	}
	_, err := io.Copy(stream, stream)
	if err == nil {
		stream.Close()
	}
}

func main() {
	conn, err := net.FileConn(os.NewFile(3, "link"))
	must(err)
	config := yamux.DefaultConfig()
	config.MaxStreamWindowSize = 1024 * 1024
	config.ConnectionWriteTimeout = 60 * time.Second
	start := yamux.Server
	if len(os.Args) > 1 && os.Args[1] == "client" {
		start = yamux.Client
	}
	session, err := start(conn, config)
	must(err)
	for {
		stream, err := session.Accept()
		if err != nil {
			return // the other side is done
		}
		go serve(session, stream)
	}
}
