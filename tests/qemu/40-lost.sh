# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# Devices that go while they are in use.
export FAASCMD_DEVICE=$fpga/2
gone='*/resource2 vanished or shrank while it was in use*'

remove() { echo 1 > "$(sys "$1")/remove"; }
rescan() {
    echo 1 > /sys/bus/pci/rescan
    for device in $fpga $faulty; do echo 1 > "$(sys "$device")/enable"; done
}

behind faascmd reg watch 0x40 --interval 10ms
until_there /tmp/behind.out
remove "$fpga"
judge_end 'a device that is removed ends watch' 10 '*' "$gone"
expect 'a device that was removed is not there' 10 '' "*no PCI device has the address 0000:$fpga*" faascmd reg read 0x40
rescan
expect 'a device that came back is read' 0 0x1234ab78 '' faascmd reg read 0x40

rm -f /tmp/soak.jsonl
behind faascmd test prbs --force --duration 1h --sample 20ms --log /tmp/soak.jsonl
until_there /tmp/soak.jsonl
remove "$fpga"
judge_end 'a device that is removed ends a soak' 10 '*' "$gone"
host word fpga 0x20 00000001 'the soak was stopped before it left, as the host sees'
rescan

# Without addresses from the BIOS, the kernel packs short BARs into one page; a mapping would show the wrong one.
for device in $fpga $faulty; do
    for offset in 0x10 0x11 0x12 0x13; do config_byte "$device" $offset 0; done
    remove "$device"
done
rescan
expect 'a short BAR that begins within a page is refused' 10 '' \
    "*resource0 can?t be mapped: its BAR begins within a page, at $(address_of "$faulty" 0), *" \
    faascmd reg read 0x0 --device "$faulty"/0

# A dead link: the chip reads all ones, and so does its configuration space, as its bridge passes nothing on.
export FAASCMD_DEVICE=$behind_port/2
configuration() { od -An -tx2 -N2 "$(sys "$behind_port")/config"; }
ones='*the link to PCI device 0000:01:00.0 is dead: offset 0x* and the configuration space read all ones*'
expect 'a device behind a bridge is read' 0 0x00000000 '' faascmd reg read 0x30
config_byte "$port" 0x19 0xfe
expect 'a link that is cut hides the configuration space' 0 '*ffff*' '' configuration
expect 'a link that dies ends a soak' 10 '*' "$ones" faascmd test prbs --force --duration 1h --sample 20ms
expect 'a dead link is told by a read' 10 '' "$ones" faascmd reg read 0x30
expect 'a dead link is told by a dump' 10 '' "$ones" faascmd reg dump ddr_prbs
expect 'a dead link is told at once by wait' 10 '' "$ones" faascmd reg wait 0x24 --equals 1 --timeout 1h
expect 'a dead link is told by a smoke test' 10 '' "$ones" faascmd test smoke --force
expect 'reg_rw tells a dead link' 10 '*: 0xffffffff' '*link*dead*' reg_rw "$FAASCMD_DEVICE" 0x30
expect 'who wants all ones gets them' 0 0xffffffff '' faascmd reg read 0x30 --all-ones-ok
config_byte "$port" 0x19 1
expect 'with a configuration space that answers, all ones are a value' 0 0xffffffff '' faascmd reg read 0x30
