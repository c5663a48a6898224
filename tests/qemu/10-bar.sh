# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# A BAR of 1 MiB whose memory is a file of the host.
export FAASCMD_DEVICE=$fpga/2
bar=$(sys "$fpga")/resource2

expect 'info tells kind, length, driver and ids of a BAR' 0 \
    '*"kind": "resource"*"length": 1048576*"driver": null*"0x1af4"*"0x1110"*' '' faascmd reg info -o json
expect 'a PCI address is found by sysfs' 0 "*/0000:$fpga/resource2*" '' faascmd reg info
expect 'a PCI address without a device is told' 10 '' '*no PCI device has the address 0000:00:09.0*' \
    faascmd reg info --device 00:09.0/2
expect 'a PCI address alone means the xdma node' 10 '' "*0000:$fpga has no xdma register node: the xdma driver is not loaded*" \
    faascmd reg info --device "$fpga"

expect 'a register is read' 0 0x00000000 '' faascmd reg read 0x40
expect 'a register is written and verified' 0 '' '*wrote 0x12345678*' faascmd reg write --force 0x40 0x12345678 --verify
host word fpga 0x40 12345678 'the host sees what the guest wrote, little-endian'
expect 'the path of the resource is the same device' 0 0x12345678 '' faascmd reg read 0x40 --device "$bar"
expect 'a masked write changes only its bits' 0 '' '*' faascmd reg write --force 0x40 0xab00 --mask 0xff00 --verify
host word fpga 0x40 1234ab78 'the host sees the masked write'

behind faascmd reg wait 0x44 --equals 0xcafe0044 --timeout 60s
host poke fpga 0x44 0xcafe0044
judge_end 'wait sees what the host writes' 0 0xcafe0044 ''
expect 'wait says what it still reads' 8 '' '*0x00000044 still reads 0xcafe0044*' \
    faascmd reg wait 0x44 --equals 1 --timeout 100ms
expect 'a range is dumped' 0 '00000040: 1234ab78 cafe0044 00000000 00000000' '' faascmd reg dump 0x40..0x50
expect 'the registers of a map are dumped' 0 '*ERROR*0x00000030*0x00000000*' '*' faascmd reg dump ddr_prbs
printf 'read 0x40\nwrite 0x48 7\nwait 0x48 --equals 7\nread 0x44 0x48\n' > /tmp/script
expect 'a script reads and writes' 0 '0x1234ab78*0xcafe0044*0x00000007' '*' faascmd reg run --force /tmp/script
host word fpga 0x48 00000007 'the host sees what the script wrote'
expect 'the last word is written and verified' 0 '' '*' faascmd reg write --force 0xffffc 0xfeedf00d --verify
host word fpga 0xffffc feedf00d 'the host sees the last word'

expect 'reg_rw writes a word beyond 32 KiB' 0 '*Write 32-bits value 0x0badcafe to 0x00080000 (*' '' \
    reg_rw "$FAASCMD_DEVICE" 0x80000 w 0x0badcafe
expect 'reg_rw writes a byte' 0 '*Write 8-bits value 0x55 to 0x00080001 (*' '' reg_rw "$bar" 0x80001 b 0x55
host word fpga 0x80000 0bad55fe 'the host sees the word with the byte in it'
expect 'reg_rw reads a halfword' 0 '*Read 16-bit value at address 0x00080002 (*): 0x0bad' '*' reg_rw "$bar" 0x80002 h
expect 'reg_rw reads a word' 0 '*Read 32-bit value at address 0x00080000 (*): 0x0bad55fe' '' reg_rw "$bar" 0x80000

behind faascmd reg watch 0x4c -o json --interval 10ms --count 2
until_there /tmp/behind.out
expect 'a read maps the BAR, for reading only, and nothing beyond it' 0 "r--s $(address_of "$fpga" 2) 0x100000" '' mapped "$pid"
host poke fpga 0x4c 0x11
judge_end 'watch tells the change that the host makes' 0 '*"value":0*"previous":0,"value":17,*' ''
behind faascmd reg watch 0x0 --interval 10ms --count 2 --device "$fpga"/0
until_there /tmp/behind.out
expect 'of a BAR shorter than a page, its page is mapped' 0 "r--s $(address_of "$fpga" 0) 0x1000" '' mapped "$pid"
kill "$pid"
judge_end 'a termination ends watch' 143 '*' '*'
expect '64 bits are written at once' 0 '' '*' faascmd reg write --force 0x60 0x1122334455667788 --width 64 --verify
host word fpga 0x60 55667788 'the host sees the low half'
host word fpga 0x64 11223344 'the host sees the high half'
expect '8 and 16 bits are read' 0 '0x22*0x33' '' faascmd reg read 0x66 0x65 --width 8
expect '16 bits are read' 0 '0x1122' '' faascmd reg read 0x66 --width 16
expect 'a snapshot is taken' 0 '*' '' faascmd reg dump 0x60..0x70 -o json
cp /tmp/run.out /tmp/snapshot.json
printf 'name = "m"\n[[register]]\nname = "A"\noffset = 0x60\naccess = "rw"\n' > /tmp/m.toml
expect 'the register is changed' 0 '' '*' faascmd reg write --force 0x60 0
expect 'the snapshot is restored' 0 '*0x00000000*0x55667788*' '*left out*' \
    faascmd reg restore --force /tmp/snapshot.json --map /tmp/m.toml
host word fpga 0x60 55667788 'the host sees what was restored'
