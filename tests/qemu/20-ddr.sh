# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# The DDR tests, while the simulated chip answers on the host's side of the BAR.
export FAASCMD_DEVICE=$fpga/2

expect 'the smoke test passes' 0 '*smoke*passed in*' '*' faascmd test smoke --force
expect 'the smoke test passes again' 0 '*"result": "passed"*"stale_before": true*' '*' faascmd test smoke --force -o json
expect 'a PRBS soak passes' 0 '*prbs*passed in*' '*' faascmd test prbs --force --duration 2s --sample 200ms
host word fpga 0x20 00000001 'the soak was stopped, as the host sees'
expect 'both tests pass' 0 '*smoke*passed in*prbs*passed in*' '*' faascmd test all --force --duration 500ms

# soak SIGNAL: one that runs until it is ended; the log has a line as soon as 0x30 was read.
soak() {
    rm -f /tmp/soak.jsonl
    behind faascmd test prbs --force --duration 1h --sample 20ms --log /tmp/soak.jsonl
    until_there /tmp/soak.jsonl
}
soak
host word fpga 0x20 00000000 'during a soak nothing is stopped'
expect 'a soak maps the BAR and nothing beyond it' 0 "rw-s $(address_of "$fpga" 2) 0x100000" '' mapped "$pid"
expect 'a register can be read during a soak' 0 0x00000000 '' faascmd reg read ERROR
expect 'a write during a soak is refused, and the holder named' 6 '' "*is locked by process $pid*" faascmd reg write --force 0x40 1
expect 'info names the holder' 0 "*locked by*process $pid*" '' faascmd reg info
kill -INT "$pid"
judge_end 'SIGINT ends the soak' 130 '*interrupted and stopped after*' '*'
host word fpga 0x20 00000001 'SIGINT has stopped the soak, as the host sees'
expect 'the chip is done after SIGINT' 0 0x00000001 '' faascmd reg wait PRBS_DONE --equals 1
soak
kill -TERM "$pid"
judge_end 'SIGTERM ends the soak' 143 '*interrupted and stopped after*' '*'
host word fpga 0x20 00000001 'SIGTERM has stopped the soak, as the host sees'

export FAASCMD_DEVICE=$faulty/2
expect 'a smoke test that finds errors fails' 11 '*failed: 0x30 reads 0x0000124e*' '*' faascmd test smoke --force
expect 'a soak that finds errors fails' 11 '*failed: 0x30 reads 0x0000124e*' '*' \
    faascmd test prbs --force --duration 1s --sample 100ms
host word faulty 0x20 00000001 'a soak that failed was stopped, as the host sees'
