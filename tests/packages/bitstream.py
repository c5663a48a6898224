"""Writes a small package with a checkpoint for the VU9P, as Vivado's packaging scripts make it: bitstream.py FILE"""

import io
import sys
import tarfile
import zipfile

XML = '<?xml version="1.0"?>\n<Checkpoint Version="9" Minor="0">\n<Part Name="xcvu9p-flgb2104-2-i"/>\n</Checkpoint>\n'
checkpoint = io.BytesIO()
with zipfile.ZipFile(checkpoint, "w", zipfile.ZIP_DEFLATED) as dcp:
    dcp.writestr("cl_top.edf", "(edif cl_top)\n")
    dcp.writestr("cl_top.xdef", bytes(range(256)))
    dcp.writestr("dcp.xml", XML)
with tarfile.open(sys.argv[1], mode="w:gz") as tar:
    member = tarfile.TarInfo("to_aliyun/18_06_14-200238_SH_CL_routed.dcp")
    member.size = len(checkpoint.getvalue())
    tar.addfile(member, io.BytesIO(checkpoint.getvalue()))
