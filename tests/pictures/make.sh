#!/bin/sh
# Makes a page of each kind into a folder, with names and logs that try to be more than text. Runs inside a sandbox with
# two instances and a loaded chip: scripts/pictures.
set -eu
folder=$1
hostile='</pre></title></style><script>console.log("ran")</script><img src=http://127.0.0.1:9/x onerror=alert(1)>'
expect() { # CODE COMMAND…
    code=$1 ended=0
    shift
    "$@" >/dev/null 2>&1 || ended=$?
    [ "$ended" = "$code" ] || { echo "pictures: $* ended with $ended, not $code" >&2; exit 1; }
}
cp "$FAASCMD_DEVICE" "$folder/$(printf 'bar\342\200\256<script>console.log("ran")<')"
expect 0 faascmd test all --duration 300ms --sample 1ms --bits-per-second 102.4e9 --html "$folder/test-passed.html"
expect 10 faascmd test prbs --device "file:$folder/$(printf 'none\342\200\256<script>console.log("ran")<')" --html "$folder/test-broken.html"
expect 11 faascmd sandbox --loaded --fault ddr-error -- \
    faascmd test prbs --duration 300ms --sample 1ms --html "$folder/test-fault.html"
expect 0 faascmd test dma --range 0+1M --yes --html "$folder/dma-passed.html"
expect 11 faascmd sandbox --loaded --fault dma-stuck=3 -- \
    faascmd test dma --range 0+1M --verify-only --yes --html "$folder/dma-fault.html"
expect 0 faascmd reg watch ERROR PRBS_DONE --for 100ms --interval 1ms --html "$folder/watch.html"
expect 0 faascmd fleet up pictures --type ecs.f3-c4f1.xlarge --count 12 --yes
expect 9 faascmd fleet run pictures -- "echo '$hostile'; head -c 3000 /dev/zero | tr '\\0' x; exit 3"
expect 9 faascmd fleet report --html "$folder/fleet-failed.html"
expect 0 faascmd fleet test pictures --test dma --dma-range 0+64K
expect 0 faascmd fleet report --html "$folder/fleet-dma.html"
expect 0 faascmd fleet run pictures -- "true"
expect 0 faascmd fleet report --html "$folder/fleet-passed.html"
