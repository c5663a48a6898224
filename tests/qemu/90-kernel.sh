# shellcheck shell=dash disable=SC2154  # what init and lib.sh set
# Whatever happened: nothing crashed.
expect 'the kernel has seen no crash' 1 '' '' sh -c "dmesg | grep -E 'segfault|trap invalid|general protection|BUG:|Oops|WARNING:'"
