#!/bin/sh
# A user's Makefile with share/faascmd.mk, every target, in a sandbox: scripts/check-packages.
#   usage: makefile.sh FAASCMD_MK
set -eu
include=$(realpath "$1")
python=$(realpath "$(dirname "$0")")/bitstream.py
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir 'my project'
cd 'my project'
python3 "$python" 'bit stream.tar.gz'
printf 'BITSTREAM := bit stream.tar.gz\nPRBS_DURATION := 100ms\ninclude %s\n' "$include" > Makefile
cat > fleet.toml <<'T'
name = "mk"
count = 2
type = "ecs.f3-c4f1.xlarge"
test = ["smoke"]
T
must() { # CODE COMMAND…
    wanted=$1 ended=0
    shift
    "$@" > log 2>&1 || ended=$?
    [ "$ended" = "$wanted" ] || { cat log; echo "makefile: $* ended with $ended, not $wanted" >&2; exit 1; }
}
must 0 make image
uuid=$(cat faascmd-out/image)
must 0 make load
# What is meant for the load, such as another chip, comes to it too.
printf '#!/bin/sh\necho "$*" >> calls\nexec faascmd "$@"\n' > recorded
chmod +x recorded
must 0 make load FAASCMD=./recorded FAASCMD_FLAGS='--timeout 3h'
grep -q '^deploy' calls
if grep -v -e '--timeout 3h' calls; then echo 'makefile: the flags do not reach the load' >&2; exit 1; fi
[ "$(cat faascmd-out/image)" = "$uuid" ] || { echo "makefile: a second image was made" >&2; exit 1; }
must 0 make test
grep -q 'failures="0"' faascmd-out/ddr.xml
grep -q '<b>passed</b>' faascmd-out/ddr.html
grep -q prbs faascmd-out/ddr.xml
must 0 make test FAASCMD_TESTS=smoke
if grep -q prbs faascmd-out/ddr.xml; then echo 'makefile: prbs was not asked for' >&2; exit 1; fi
must 0 make deploy
grep -q 'smoke *passed' log
must 0 make fleet-test ${FAASCMD_AGENT:+"FLEET_FLAGS=--agent $FAASCMD_AGENT"}
grep -q '<b>passed</b>' faascmd-out/fleet.html
grep -q '<testsuite name="mk-001"' faascmd-out/fleet.xml
must 2 make fleet-test SPEC=nothing.toml
for left in faascmd-out/fleet.*; do
    [ ! -e "$left" ] || { echo "makefile: $left is of an earlier run" >&2; exit 1; }
done
# What is wrong is said, and make fails.
must 2 make -f "$include" image
grep -q 'set BITSTREAM' log
must 2 make image BITSTREAM=nothing.tar.gz
echo 'makefile: image, load, test, deploy and fleet-test hold'
