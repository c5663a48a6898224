# Targets that take a compiled file to a tested chip. In your Makefile:
#
#     BITSTREAM := build/bit.tar.gz
#     include /usr/share/faascmd/faascmd.mk
#
#     make image          check, upload and build; the image's UUID is in $(FAASCMD_OUT)/image
#     make load           load it on this machine's chip (or on FAASCMD_INSTANCE_ID's)
#     make test           DDR tests on this machine; JUnit and a page in $(FAASCMD_OUT)
#     make deploy         all of it in one command
#     make fleet-test     SPEC=fleet.toml: instances come up, are loaded, tested and released
#
# Each is run again safely: what is done is skipped. Settings come from FAASCMD_* and the credentials file as ever.

FAASCMD       ?= faascmd
BITSTREAM     ?= $(error set BITSTREAM to the package or .gbs)
FAASCMD_OUT   ?= faascmd-out
FAASCMD_TESTS ?= smoke,prbs
FAASCMD_FLAGS ?=
FLEET_FLAGS   ?=
PRBS_DURATION ?= 60s
SPEC          ?= fleet.toml

.PHONY: image load test deploy fleet-test

image: | $(FAASCMD_OUT)
	$(FAASCMD) deploy "$(BITSTREAM)" --no-load $(FAASCMD_FLAGS) --output json > "$(FAASCMD_OUT)/image.json"
	tr -d ' \n' < "$(FAASCMD_OUT)/image.json" | \
	    sed -n 's/.*"image":{[^}]*"uuid":"\([^"]*\)".*/\1/p' > "$(FAASCMD_OUT)/image.part"
	test -s "$(FAASCMD_OUT)/image.part" && mv "$(FAASCMD_OUT)/image.part" "$(FAASCMD_OUT)/image"

load: image
	$(FAASCMD) deploy "$(BITSTREAM)" $(FAASCMD_FLAGS)

# What an earlier job left must not be told as this one's.
test: | $(FAASCMD_OUT)
	rm -f "$(FAASCMD_OUT)/ddr.xml" "$(FAASCMD_OUT)/ddr.html"
	$(FAASCMD) test $(or $(filter smoke prbs,$(FAASCMD_TESTS)),all) \
	    $(if $(filter smoke,$(FAASCMD_TESTS)),,--duration $(PRBS_DURATION)) \
	    --junit "$(FAASCMD_OUT)/ddr.xml" --html "$(FAASCMD_OUT)/ddr.html"

deploy:
	$(FAASCMD) deploy "$(BITSTREAM)" --test $(FAASCMD_TESTS) --prbs-duration $(PRBS_DURATION) $(FAASCMD_FLAGS)

fleet-test: | $(FAASCMD_OUT)
	rm -f "$(FAASCMD_OUT)/fleet.xml" "$(FAASCMD_OUT)/fleet.html"
	$(FAASCMD) fleet once "$(SPEC)" "$(BITSTREAM)" \
	    --junit "$(FAASCMD_OUT)/fleet.xml" --html "$(FAASCMD_OUT)/fleet.html" $(FLEET_FLAGS)

$(FAASCMD_OUT):
	mkdir -p "$@"
