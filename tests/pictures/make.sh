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
# A package with a bitstream of the chip's part: a header of lettered fields, the length of the data, a sync word.
{
    printf '\000\011\017\360\017\360\017\360\017\360\000\000\001'
    for field in 'a:cl_top;Version=2018.2' 'b:xcvu9p-flgb2104-2-i' 'c:2018/06/14' 'd:20:02:38'; do
        letter=${field%%:*} text=${field#*:}
        printf '%s\000%b%s\000' "$letter" "$(printf '\\0%o' $((${#text} + 1)))" "$text"
    done
    printf 'e\000\000\000\010\377\377\377\377\252\231\125\146'
} >"$folder/a.bit"
package=$folder/$(printf 'bit\342\200\256<script>console.log("ran")<.tar.gz')
tar -C "$folder" -czf "$package" a.bit
deploy() { # CODE PAGE SANDBOX-FLAGS…
    code=$1 page=$2
    shift 2
    expect "$code" faascmd sandbox --speed 50 "$@" -- faascmd deploy "$package" --key bit.tar.gz --name "$hostile" \
        --test smoke,prbs --prbs-duration 1s --html "$folder/$page.html"
}
deploy 0 deploy-passed
deploy 11 deploy-fault --fault ddr-error
deploy 9 deploy-failed --fault build-fails
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
