# What the checks share. Everything that the guest says is a line that begins with a word for the host: `ok`, `FAIL`,
# `|` for a detail of the last failure, `host` for something that the host is to do, `end`.

say() { printf '%s\n' "$*"; }
ok() { say "ok $1"; }

# fail NAME WHY: also shows what the last command printed.
fail() {
    say "FAIL $1: $2"
    sed 's/^/| stdout: /' /tmp/out
    sed 's/^/| stderr: /' /tmp/err
}

# run COMMAND...: keeps its exit code in $code, what it prints in /tmp/out and /tmp/err.
run() {
    code=0
    "$@" < /dev/null > /tmp/out 2> /tmp/err || code=$?
}

# judge NAME CODE STDOUT STDERR: the last command, by its code and two patterns of `case`.
judge() {
    [ "$code" = "$2" ] || { fail "$1" "exit $code, not $2"; return; }
    case $(cat /tmp/out) in $3) ;; *) fail "$1" "stdout is not $3"; return ;; esac
    case $(cat /tmp/err) in $4) ;; *) fail "$1" "stderr is not $4"; return ;; esac
    ok "$1"
}

# expect NAME CODE STDOUT STDERR COMMAND...
expect() {
    local name=$1 code_wanted=$2 out_wanted=$3 err_wanted=$4
    shift 4
    run "$@"
    judge "$name" "$code_wanted" "$out_wanted" "$err_wanted"
}

# behind COMMAND...: runs it in the background, as $pid; judge_end waits for it and judges it.
behind() {
    : > /tmp/out
    "$@" < /dev/null > /tmp/out 2> /tmp/err &
    pid=$!
}
judge_end() {
    code=0
    wait "$pid" || code=$?
    judge "$@"
}

# until_there FILE: waits until a file has a content; 30 s are more than enough.
until_there() {
    local tries=1500
    until [ -s "$1" ] || [ $((tries -= 1)) = 0 ]; do usleep 20000; done
}

# host ACTION...: lets the host do something, and waits until it is done.
#   host word FILE OFFSET VALUE NAME   a check of what the host sees in the file behind a BAR
#   host poke FILE OFFSET VALUE        puts a value there
host() {
    say "host $*"
    read -r _ < /dev/ttyS1
}
