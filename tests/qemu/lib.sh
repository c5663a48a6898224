# shellcheck shell=dash
# What the checks share. Everything that the guest says is a line that begins with a word for the host: `ok`, `FAIL`,
# `|` for a detail of the last failure, `host` for something that the host is to do, `end`.

say() { printf '%s\n' "$*"; }

# The command that is judged: its exit code, and where its stdout and stderr are.
code=0 kept=/tmp/run

# fail NAME WHY: also shows what the command printed.
fail() {
    say "FAIL $1: $2"
    sed 's/^/| stdout: /' $kept.out
    sed 's/^/| stderr: /' $kept.err
}

# shellcheck disable=SC2254  # they are patterns
# judge NAME CODE STDOUT STDERR: the last command, by its code and two patterns of `case`.
judge() {
    [ "$code" = "$2" ] || { fail "$1" "exit $code, not $2"; return; }
    case $(cat $kept.out) in $3) ;; *) fail "$1" "stdout is not $3"; return ;; esac
    case $(cat $kept.err) in $4) ;; *) fail "$1" "stderr is not $4"; return ;; esac
    say "ok $1"
}

# expect NAME CODE STDOUT STDERR COMMAND...
expect() {
    local name=$1 code_wanted=$2 out_wanted=$3 err_wanted=$4
    shift 4
    code=0 kept=/tmp/run
    "$@" < /dev/null > $kept.out 2> $kept.err || code=$?
    judge "$name" "$code_wanted" "$out_wanted" "$err_wanted"
}

# behind COMMAND...: runs it in the background, as $pid, for at most 200 s. judge_end: waits for it, and judges it.
behind() {
    # The child truncates them too late for until_there.
    rm -f /tmp/behind.out /tmp/behind.err
    "$@" < /dev/null > /tmp/behind.out 2> /tmp/behind.err &
    pid=$!
    (sleep 200 && kill -KILL "$pid") &
    guard=$!
}
judge_end() {
    code=0 kept=/tmp/behind
    wait "$pid" || code=$?
    kill "$guard" 2> /dev/null || true
    judge "$@"
}

# until_there FILE: waits until a file has a content, for at most two minutes.
until_there() {
    local tries=6000
    until [ -s "$1" ] || [ $((tries -= 1)) = 0 ]; do usleep 20000; done
}

# mapped PID: what a process has mapped of BARs, as `MODE ADDRESS LENGTH`; the address is the machine's.
mapped() {
    local range mode address rest
    grep '/resource[0-9]' "/proc/$1/maps" | while read -r range mode address rest; do
        printf '%s %#x %#x\n' "$mode" 0x"$address" $((0x${range#*-} - 0x${range%-*}))
    done
}

# address_of ADDRESS BAR: where the machine has a PCI device's BAR.
address_of() { sed -n "$(($2 + 1))"'s/^0x0*\([0-9a-f]*\) .*/0x\1/p' "$(sys "$1")/resource"; }

# sys ADDRESS: a PCI device's directory. config_byte ADDRESS OFFSET VALUE: writes its configuration space.
sys() { echo "/sys/bus/pci/devices/0000:$1"; }
config_byte() {
    # shellcheck disable=SC2059  # an octal escape, which only a format can have
    printf "\\$(printf %o "$3")" | dd of="$(sys "$1")/config" bs=1 seek=$(($2)) conv=notrunc 2> /dev/null
}

# as_user COMMAND: as one who is not root; the command is one text.
as_user() { su user -s /bin/sh -c "$1"; }

# host ACTION...: lets the host do something, and waits until it is done.
#   host word FILE OFFSET VALUE NAME...   a check of what the host sees in the file behind a BAR
#   host poke FILE OFFSET VALUE           puts a value there
host() {
    local answer
    say "host $*"
    # shellcheck disable=SC2034  # that there is one is enough
    read -r answer < /dev/ttyS1
}
