# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# QEMU's edu device answers aligned 32-bit accesses alone: any other width reads garbage, so a right value proves that
# it was read by one 32-bit access.
export FAASCMD_DEVICE=$edu/0
at=$(address_of "$edu" 0)
expect 'edu: 32 bits are read right' 0 0x010000ED '' devmem "$at" 32
expect 'edu: 8 bits read garbage' 0 0x00 '' devmem "$at" 8
expect 'edu: 64 bits read garbage' 0 0xFFFFFFFFFFFFFFFF '' devmem "$at" 64

expect 'edu: read gives the identification' 0 0x010000ed '' faascmd reg read 0x0
expect 'edu: a write reads inverted, which verify tells' 11 '' '*0x00000004 reads 0xf0f0edcb after 0x0f0f1234 was written*' \
    faascmd reg write --force 0x4 0x0f0f1234 --verify
expect 'edu: a factorial is started' 0 '' '*' faascmd reg write --force 0x8 12
expect 'edu: wait sees the end of it' 0 '0x000000?0' '' faascmd reg wait 0x20 --mask 1 --equals 0
expect 'edu: read gives the factorial' 0 0x1c8cfc00 '' faascmd reg read 0x8
expect 'edu: a dump reads each word right' 0 '00000000: 010000ed f0f0edcb 1c8cfc00 ffffffff' '' faascmd reg dump 0x0..0x10
printf 'write 0x4 0xfffffffe\nread 0x0 0x4 0x8\n' > /tmp/script
expect 'edu: a script reads each word right' 0 '0x010000ed*0x00000001*0x1c8cfc00' '*' faascmd reg run --force /tmp/script
expect 'edu: a masked write reads and writes right' 0 '' '*' faascmd reg write --force 0x4 0xff --mask 0xff
expect 'edu: what the masked write left' 0 0xffffff00 '' faascmd reg read 0x4
expect 'edu: reg_rw reads a word right' 0 '*Read 32-bit value at address 0x00000000 (*): 0x010000ed' '' \
    reg_rw "$FAASCMD_DEVICE" 0x0 w --fixed
expect 'edu: reg_rw reads the byte that the device gives' 0 '*Read 8-bits value at address 0x00000000 (*): 0x00' '*' \
    reg_rw "$FAASCMD_DEVICE" 0x0 b
expect 'edu: reg_rw reads the halfword that the device gives' 0 '*Read 16-bit value at address 0x00000000 (*): 0x0000' '*' \
    reg_rw "$FAASCMD_DEVICE" 0x0 h
expect 'edu: reg_rw writes a word right' 0 '*' '' reg_rw "$FAASCMD_DEVICE" 0x4 w 0x0000ffff
expect 'edu: what reg_rw wrote' 0 0xffff0000 '' faascmd reg read 0x4
expect 'edu: an offset past the BAR is refused' 2 '' '*outside of *, which has 0x100000 bytes*' faascmd reg read 0x100000
for width in 8 16 64; do
    expect "edu: $width bits at a time are refused" 2 '' '*it takes 32 bits at a time*' faascmd reg read 0x0 --width $width
done
