# A BAR of 1 MiB whose memory is a file of the host.
export FAASCMD_DEVICE=$fpga/2
bar=$(sys $fpga)/resource2

expect 'info tells length, kind and ids of a BAR' 0 '*"kind": "resource"*"length": 1048576*"driver": null*"0x1af4"*"0x1110"*' '' \
    faascmd reg info -o json
expect 'a PCI address is found by sysfs' 0 "*/0000:$fpga/resource2*" '' faascmd reg info
expect 'a register is read' 0 0x00000000 '' faascmd reg read 0x40
expect 'a register is written and verified' 0 '' '*wrote 0x12345678*' faascmd reg write 0x40 0x12345678 --verify
host word fpga 0x40 12345678 'the host sees what the guest wrote, little-endian'
expect 'the path of the resource is the same device' 0 0x12345678 '' faascmd reg read 0x40 --device "$bar"
