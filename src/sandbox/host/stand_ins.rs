//! Stand-ins for the programs that would touch this machine's own kernel or power: first on the `PATH` of a host.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::base::private_file::create_private_folder;

/// Where `shutdown` and `reboot` leave what they were asked for, below the host's folder.
pub(super) const POWER_FILE: &str = "hw/power";

/// The driver goes: its nodes do.
const RMMOD: &str = r#"#!/bin/sh
# rmmod [-f] MODULE
for module; do :; done
case "$module" in
xdma | xocl) ;;
*) echo "rmmod: ERROR: Module $module is not currently loaded" >&2; exit 1 ;;
esac
gone=1
for node in "$FAASCMD_HOST_ROOT"/dev/xdma*; do
    [ -L "$node" ] && rm -f "$node" && gone=0
done
[ $gone = 0 ] || echo "rmmod: ERROR: Module $module is not currently loaded" >&2
exit $gone
"#;

/// The driver comes, and finds the chips.
const MODPROBE: &str = r#"#!/bin/sh
# modprobe [-r] MODULE
for module; do :; done
case "$module" in
xdma | xocl) ;;
*) echo "modprobe: FATAL: Module $module not found." >&2; exit 1 ;;
esac
[ "$1" = -r ] && exec rmmod "$module"
n=0
while [ -e "$FAASCMD_HOST_ROOT/hw/fpga$n" ]; do
    ln -sf "$FAASCMD_HOST_ROOT/hw/fpga$n" "$FAASCMD_HOST_ROOT/dev/xdma${n}_user"
    for channel in h2c_0 h2c_1 h2c_2 h2c_3 c2h_0 c2h_1 c2h_2 c2h_3; do
        ln -sf "$FAASCMD_HOST_ROOT/hw/fpga$n.memory" "$FAASCMD_HOST_ROOT/dev/xdma${n}_$channel"
    done
    n=$((n + 1))
done
exit 0
"#;

const DEPMOD: &str = "#!/bin/sh\nexit 0\n";
const REBOOT: &str = "#!/bin/sh\necho reboot > \"$FAASCMD_HOST_ROOT/hw/power\"\n";
const POWEROFF: &str = "#!/bin/sh\necho off > \"$FAASCMD_HOST_ROOT/hw/power\"\n";
const SHUTDOWN: &str = r#"#!/bin/sh
# shutdown [-r|-h|-c] [TIME]
for word; do
    [ "$word" = -r ] && exec reboot
    [ "$word" = -c ] && exit 0
done
exec poweroff
"#;

/// Writes them into a folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    create_private_folder(folder)?;
    let all = [
        ("rmmod", RMMOD),
        ("modprobe", MODPROBE),
        ("insmod", DEPMOD),
        ("depmod", DEPMOD),
        ("reboot", REBOOT),
        ("poweroff", POWEROFF),
        ("halt", POWEROFF),
        ("shutdown", SHUTDOWN),
    ];
    for (name, text) in all {
        write_program(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Writes a file that its owner, and nobody else, may read and start.
pub(super) fn write_program(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create(true).truncate(true).mode(0o700).open(path)?.write_all(text)
}
