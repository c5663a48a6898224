# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# What is refused, and how it is told: outside, askew, no permission, not enabled, held by a driver.
export FAASCMD_DEVICE=$fpga/2
bar=$(sys "$fpga")/resource2
outside='*bits at offset 0x* are outside of */resource2, which has 0x100000 bytes*'

expect 'a read at the end is refused' 2 '' "$outside" faascmd reg read 0x100000
expect 'a read far past the end is refused' 2 '' "$outside" faascmd reg read 0xfffffffffffffffc
expect 'a write past the end is refused' 2 '' "$outside" faascmd reg write --force 0x101000 1
expect 'a dump across the end is refused' 2 '' "$outside" faascmd reg dump 0xffff0..0x100010
expect 'a misaligned read is refused' 2 '' '*offset 0x42 is not a multiple of 4*' faascmd reg read 0x42
expect 'a misaligned write is refused' 2 '' '*offset 0x51 is not a multiple of 4*' faascmd reg write --force 0x51 0xffffffff
printf 'write 0x50 1\nread 0x100000\n' > /tmp/script
expect 'a script that leaves the BAR is refused' 2 '' "$outside" faascmd reg run --force /tmp/script
expect 'reg_rw refuses a read at the end' 2 '*' "$outside" reg_rw "$bar" 0x100000
expect 'reg_rw refuses a write far past the end' 2 '*' "$outside" reg_rw "$bar" 0x200000 w 1
expect 'reg_rw refuses a misaligned write' 2 '*' '*offset 0x52 is not a multiple of 4*' reg_rw "$bar" 0x52 w 0xffffffff
expect 'reg_rw refuses a halfword across the end' 2 '*' '*' reg_rw "$bar" 0xfffff h
host word fpga 0x50 00000000 'what was refused has written nothing'

said="*PCI device 0000:$fpga is no FPGA that is known here: 1af4:1110, class 0x050000, driver none*--force*"
expect 'a write to a device that is no FPGA is refused' 10 '' "$said" faascmd reg write 0x50 1
expect 'a test of a device that is no FPGA is refused' 10 '' "$said" faascmd test prbs --duration 1s
host word fpga 0x1c 00000000 'nothing was started'

expect 'a user without permission is told mode and owner' 10 '' \
    '*resource2 may not be opened for reading: mode 0600, owner 0:0; you are 1000:1000*' as_user 'faascmd reg read 0x40'
chmod 444 "$bar"
expect 'who may read may read' 0 0x1234ab78 '' as_user 'faascmd reg read 0x40'
expect 'who may only read may not write' 10 '' '*may not be opened for writing: mode 0444*' \
    as_user 'faascmd reg write --force 0x40 1'
expect 'reg_rw reads with read permission' 0 '*: 0x1234ab78' '' as_user "reg_rw $bar 0x40"
expect 'reg_rw tells the permission that it lacks' 10 '*' '*may not be opened for writing: mode 0444*' \
    as_user "reg_rw $bar 0x40 w 1"
expect 'a test needs write permission' 10 '' '*may not be opened for writing: mode 0444*' as_user 'faascmd test smoke --force'
chmod 600 "$bar"

expect 'a device that no driver enabled may answer all the same' 0 0 '' cat "$(sys "$fpga")/enable"
config_byte "$fpga" 4 0
expect 'a device that is not enabled is told, with the cure' 10 '' \
    "*PCI device 0000:$fpga is not enabled: it answers no memory access*echo 1 > /sys/*/enable*" faascmd reg read 0x40
cure=$(sed -n 's/.*\(echo 1 > .*enable\).*/\1/p' /tmp/run.err)
expect 'a write to a device that is not enabled is refused' 10 '' '*is not enabled*' faascmd reg write --force 0x40 1
expect 'a soak on a device that is not enabled is refused' 10 '' '*is not enabled*' faascmd test prbs --force --duration 1s
expect 'reg_rw refuses a device that is not enabled' 10 '*' '*is not enabled*' reg_rw "$bar" 0x40
expect 'info works on a device that is not enabled' 0 '*0x100000 (1048576 bytes)*' '' faascmd reg info
expect 'what enables it can be typed' 0 '' '' sh -c "$cure"
expect 'a device that was enabled is read' 0 0x1234ab78 '' faascmd reg read 0x40

expect 'a BAR of I/O ports is refused' 10 '' '*resource4 can?t be mapped: it has no memory to map (No such device)*' \
    faascmd reg read 0x0 --device "$smbus"/4
insmod /lib/e1000.ko
held='*resource0 can?t be mapped: the kernel refuses a resource while the driver e1000 is bound to it*'
expect 'a BAR that a driver holds is refused, with the cure' 10 '' "$held" faascmd reg read 0x8 --device "$nic"/0
cure=$(sed -n 's/.*\(echo 0000:.*unbind\).*/\1/p' /tmp/run.err)
expect 'reg_rw refuses a BAR that a driver holds' 10 '*' "$held" reg_rw "$nic"/0 0x8
expect 'info names the driver' 0 '*driver*e1000*' '' faascmd reg info --device "$nic"/0
expect 'a device of another driver has no xdma node' 10 '' '*no xdma register node: it is bound to the driver e1000*' \
    faascmd reg read 0x8 --device "$nic"
expect 'what takes it from the driver can be typed' 0 '' '' sh -c "$cure"
expect 'a BAR that the driver let go is read' 0 '0x80??????' '' faascmd reg read 0x8 --device "$nic"/0
# A real register that a read clears: the interrupt causes of the network card, which a write to 0xc8 sets.
cat > /tmp/nic.toml << 'MAP'
name = "nic"
[[register]]
name = "CAUSE"
offset = 0xc0
access = "rc"
[[register.field]]
name = "LINK"
bits = 2
[[register.field]]
name = "LOW"
bits = 4
MAP
causes="faascmd reg read CAUSE.LINK CAUSE.LOW --map /tmp/nic.toml --device $nic/0"
expect 'causes are set' 0 '' '*' faascmd reg write --force 0xc8 0x14 --device "$nic"/0
expect 'both fields of a register that a read clears are read at once' 0 '0x00000001*0x00000001' '' $causes
expect 'the read has cleared them' 0 '0x00000000*0x00000000' '' $causes
