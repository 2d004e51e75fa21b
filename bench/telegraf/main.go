// Telegraf's own agent with what stands beside ingest in bench/transport.py: MQTT in, InfluxDB 2 out.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/influxdata/telegraf/agent"
	"github.com/influxdata/telegraf/config"
	_ "github.com/influxdata/telegraf/plugins/inputs/mqtt_consumer"
	_ "github.com/influxdata/telegraf/plugins/outputs/influxdb_v2"
	_ "github.com/influxdata/telegraf/plugins/parsers/json_v2"
	_ "github.com/influxdata/telegraf/plugins/serializers/influx"
)

func run(file string) error {
	loaded := config.NewConfig()
	if err := loaded.LoadConfig(file); err != nil {
		return err
	}
	until, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	return agent.NewAgent(loaded).Run(until)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "write telegraf CONFIG")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
