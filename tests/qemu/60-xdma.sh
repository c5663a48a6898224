# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# The real xdma driver, bound to a BAR of the emulated machine. Built from the source that FAASCMD_TEST_XDMA names.
module=/lib/modules/$(uname -r)/xdma.ko
[ -e "$module" ] || return 0
export FAASCMD_DEVICE=/dev/xdma0_user
node=/dev/xdma0_user

echo xdma > "$(sys "$card")/driver_override"
depmod
expect 'xdma: without it, the node is missing and modprobe is told' 10 '' '*the xdma driver is not loaded*modprobe xdma*' \
    faascmd reg read 0x30
expect 'xdma: what is told can be typed' 0 '' '' modprobe xdma
expect 'xdma: it has made its node' 0 '' '' test -c $node
version=$(cat /sys/module/xdma/version)
expect 'xdma: info measures the BAR and asks the driver' 0 \
    "*\"kind\": \"node\"*\"length\": 1048576*\"driver\": \"xdma\"*\"driver_version\": \"$version\"*\"id\": \"1af4:1110\"*" '' \
    faascmd reg info -o json
expect 'xdma: the PCI address leads to the node' 0 "*$node*" '' faascmd reg info --device "$card"
expect 'xdma: a register is written and verified, as xdma drives FPGAs' 0 '' '*' faascmd reg write 0x40 0x12345678 --verify
host word card 0x40 12345678 'xdma: the host sees what was written'
expect 'xdma: the last word is read' 0 0x00000000 '' faascmd reg read 0xffffc
outside='*outside of /dev/xdma0_user, which has 0x100000 bytes*'
for offset in 0x100000 0x101000 0x200000; do
    expect "xdma: a read at $offset is refused" 2 '' "$outside" faascmd reg read $offset
    expect "xdma: reg_rw refuses a read at $offset" 2 '*' "$outside" reg_rw $node $offset w
done
if [ -e /bin/xilinx_reg_rw ]; then
    expect "xdma: the driver's own tool reads foreign memory there" 0 '*Read 32-bit value at address 0x101000*' '' \
        xilinx_reg_rw $node 0x101000 w
fi
for width in 8 16 64; do
    expect "xdma: $width bits at a time are refused" 2 '' '*it takes 32 bits at a time*' faascmd reg read 0x40 --width $width
done
chmod 600 $node
expect 'xdma: a user without permission is told mode and udev rule' 10 '' '*mode 0600, owner 0:0*udev rule*' \
    as_user 'faascmd reg read 0x40 --device /dev/xdma0_user'
expect 'xdma: its BAR is refused while it is bound, and the node named' 10 '' "*--device 0000:$card*" \
    faascmd reg read 0x40 --device "$card"/2

expect 'xdma: the smoke test passes' 0 '*smoke*passed in*' '*' faascmd test smoke
expect 'xdma: a PRBS soak passes' 0 '*prbs*passed in*' '*' faascmd test prbs --duration 1s --sample 100ms
host word card 0x20 00000001 'xdma: the soak was stopped, as the host sees'
xdma_soak() {
    rm -f /tmp/soak.jsonl
    behind faascmd test prbs --duration 1h --sample 20ms --log /tmp/soak.jsonl
    until_there /tmp/soak.jsonl
}
xdma_soak
expect 'xdma: during a soak the node is locked' 6 '' "*is locked by process $pid*" faascmd reg write 0x40 1
kill -INT "$pid"
kill -TERM "$pid"
judge_end 'xdma: two signals end the soak' '130' '*interrupted and stopped after*' '*'
host word card 0x20 00000001 'xdma: two signals have stopped the soak'
xdma_soak
kill -KILL "$pid"
judge_end 'xdma: SIGKILL ends the soak' 137 '*' '*'
host word card 0x20 00000000 'xdma: nobody has stopped it'
expect 'xdma: info tells what was left running' 0 '*' '*PRBS is still running on*faascmd reg write PRBS_STOP 1*' faascmd reg info
expect 'xdma: a test stops it first when told to' 0 '*smoke*passed in*' '*was left running is stopped*' faascmd test smoke --yes
xdma_soak
echo "0000:$card" > /sys/bus/pci/drivers/xdma/unbind
judge_end 'xdma: a driver that lets go ends the soak' 10 '' '*xdma0_user vanished*'
host word card 0x20 00000001 'xdma: the soak was stopped before it ended'
expect 'xdma: without a device, the driver is told to have none' 10 '' '*loaded, but bound to no device*' faascmd reg read 0x40
echo "0000:$card" > /sys/bus/pci/drivers_probe
expect 'xdma: bound again, the register is there' 0 0x12345678 '' faascmd reg read 0x40
ip link set lo up
expect 'xdma: a load takes it out and brings it back' 0 '*valid*' '*rmmod*xdma is out*modprobe*xdma is back, /dev/xdma0_user is there*' \
    faascmd sandbox --speed 100 -- faascmd fpga load 91598d20-b802-11e7-879a-8db2aa11bb22 --driver xdma --device $node
expect 'xdma: the test finds it after the load' 0 '*smoke*passed in*' '*' faascmd test smoke
behind faascmd reg watch 0x30
until_there /tmp/behind.out
expect 'xdma: a driver that is in use is not taken out, and nothing is loaded' 10 '' '*rmmod xdma* failed: *sudo rmmod xdma*' \
    faascmd sandbox --speed 100 -- faascmd fpga load 91598d20-b802-11e7-879a-8db2aa11bb22 --driver xdma --device $node
kill "$pid"
judge_end 'xdma: who used it goes' 143 '*' '*'
expect 'xdma: without the right it is not tried' 10 '' '*only root may take it out*' \
    as_user 'faascmd fpga load 91598d20-b802-11e7-879a-8db2aa11bb22 --instance-id i-1 --driver xdma'
expect 'xdma: it can be unloaded' 0 '' '' rmmod xdma
