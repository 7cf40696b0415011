# Quire: build, run and test.  `make help` lists what there is.
#
#   make                  everything, debug, into build/
#   make RELEASE=1        without the debug checks, into build/release/
#   make CC=clang         with clang and lld, into build/clang/
#   make SAN=ubsan        the debug kernel with a sanitizer (ubsan, kasan), into build/ubsan/
#   make V=1              show the commands
#
# Out of tree: every file made lies under $(BUILD).  Objects keep the extension of their source
# (entry.asm.o, fault.c.o), because nearly every .asm file has a .c file of the same name.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDEXPANSION:
all:

# ---- the tools ------------------------------------------------------------------------------
# Nothing here runs a compiler while make reads this file: on a fresh machine there is none until
# tools/setup.sh, the first step of `make run` and `make test`, has installed it.

HOST_ARCH := $(shell uname -m)
ifneq ($(HOST_ARCH),x86_64)
CROSS_COMPILE ?= x86_64-linux-gnu-
endif

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
CLANG := $(findstring clang,$(notdir $(CC)))

ifeq ($(origin LD),default)
LD := $(if $(CLANG),ld.lld,$(CROSS_COMPILE)ld)
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
NM      ?= $(CROSS_COMPILE)nm
OBJCOPY ?= $(CROSS_COMPILE)objcopy
NASM    ?= nasm
HOSTCC  ?= gcc
PYTHON  ?= python3
BUSYBOX ?=# a static x86-64 busybox; when empty, the one in PATH

BUILD ?= build$(if $(CLANG),/clang)$(if $(RELEASE),/release)$(if $(SAN),/$(SAN))
WERROR ?= $(filter true 1,$(CI))

# `make run` and `make test` build on all processors, unless make was told how many to use.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(patsubst $(BUILD)/%,%,$(2)))

# ---- flags ----------------------------------------------------------------------------------

# The compiler's own stddef.h, stdint.h, stdarg.h and stdbool.h, and nothing of the host.  Asked
# for once, when the first compile needs it.
NOSTDINC = $(eval NOSTDINC := -nostdinc -isystem $$(shell $(CC) -print-file-name=include))$(NOSTDINC)

# Without this gcc would turn memset()'s own loop into a call of memset().
NO_LOOP_IDIOMS := $(if $(CLANG),,-fno-tree-loop-distribute-patterns)

COMMON_FLAGS := $(if $(CLANG),--target=x86_64-linux-gnu) -std=gnu17 -O2 -g \
	-ffreestanding -fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
	$(if $(RELEASE),-fomit-frame-pointer,-fno-omit-frame-pointer) -fno-common -fno-asynchronous-unwind-tables $(NO_LOOP_IDIOMS) \
	-Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
	$(if $(RELEASE),,-DQUIRE_DEBUG)

KERNEL_INCLUDES := -Iinclude -Iarch/x86_64/include
KERNEL_FLAGS := $(COMMON_FLAGS) -D__KERNEL__ $(KERNEL_INCLUDES) \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic
USER_FLAGS := $(COMMON_FLAGS) -Ilibc/include -Iinclude

# SAN=...: checks that the compiler puts into the kernel.  What reports is not checked itself.
SAN_DEFS_ubsan := -DQUIRE_UBSAN
SAN_FLAGS_ubsan := -fsanitize=undefined -fsanitize=bounds-strict -Wno-array-bounds
SAN_NOT_ubsan := kernel/ubsan.c
# The shadow byte of ADDRESS lies at ADDRESS / 8 + offset (asm/memory_layout.h).
SAN_DEFS_kasan := -DQUIRE_KASAN
SAN_FLAGS_kasan := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 \
	--param asan-stack=1 --param asan-globals=1 --param asan-instrument-allocas=0 \
	--param asan-instrumentation-with-call-threshold=10000
SAN_NOT_kasan := mm/kasan.c arch/x86_64/kasan_init.c mm/slab.c kernel/kallsyms.c
# Not a check, but made the same way: counts of executed lines (make coverage).
SAN_DEFS_gcov := -DQUIRE_GCOV
SAN_FLAGS_gcov := -O1 -fprofile-arcs -ftest-coverage -fprofile-info-section
SAN_NOT_gcov := kernel/gcov.c boot/% tests/kernel/%
SAN_LIBS_gcov = $(shell $(CC) -print-file-name=libgcov.a)

# The release build by gcc: the compiler sees all files at once and may inline across them.  Not the self tests
# (labels in their asm would come twice), nor memset() and its like, which the compiler calls by itself, nor the
# table of names, which a second link puts in its place.
LTO := $(if $(RELEASE),$(if $(CLANG)$(SAN),,1))
LTO_NOT := boot/% tests/kernel/% libc/% kernel/kallsyms.c
lto_flags = $(if $(LTO),$(if $(filter $(LTO_NOT),$(1)),,-flto))

KERNEL_FLAGS += $(SAN_DEFS_$(SAN))
ASMDEFS += $(SAN_DEFS_$(SAN))
san_flags = $(if $(filter $(SAN_NOT_$(SAN)),$(1)),,$(SAN_FLAGS_$(SAN)))

HOST_FLAGS := -std=gnu17 -O1 -g -DQUIRE_DEBUG -DQUIRE_HOST -Itests/host/include -Iinclude -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-sanitize=alignment -fno-omit-frame-pointer \
	-fno-strict-aliasing -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror)

comma := ,
ld_option = $(if $(LTO),-Wl$(comma))$(1)
KERNEL_LD := $(if $(LTO),$(CC) $(KERNEL_FLAGS) -flto=2 -no-pie,$(LD))
KERNEL_LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack $(call ld_option,--build-id=none) \
	$(if $(CLANG),,$(call ld_option,--no-warn-rwx-segments))
USER_LDFLAGS := -nostdlib -z max-page-size=0x1000 -z noexecstack --build-id=none -e _start -u _start

DEPS = -MMD -MP -MF $(@:.o=.d)

# ---- sources --------------------------------------------------------------------------------

KERNEL_C := $(filter-out arch/x86_64/asm-offsets.c,$(wildcard boot/*.c arch/x86_64/*.c \
	kernel/*.c mm/*.c fs/*.c fs/*/*.c drivers/*.c drivers/*/*.c tests/kernel/*.c)) \
	$(wildcard libc/string.c libc/vsnprintf.c)
KERNEL_ASM := $(wildcard boot/*.asm arch/x86_64/*.asm)
KERNEL_OBJS := $(patsubst %,$(BUILD)/obj/kernel/%.o,$(KERNEL_C) $(KERNEL_ASM))

LIBC_SRCS := $(wildcard libc/*.c libc/*.asm)
LIBC_OBJS := $(LIBC_SRCS:%=$(BUILD)/obj/user/%.o)
USER_PROGS := $(patsubst user/%.c,$(BUILD)/user/%,$(wildcard user/*.c))
PIE_TESTS  := $(patsubst tests/user/%.pie.c,$(BUILD)/tests/%,$(wildcard tests/user/*.pie.c))
USER_TESTS := $(patsubst tests/user/%.c,$(BUILD)/tests/%,$(filter-out %.pie.c,$(wildcard tests/user/*.c)))
BENCH_OBJS := $(patsubst %,$(BUILD)/obj/user/%.o,$(wildcard tests/bench/*.c))
USER_C := $(filter %.c,$(LIBC_SRCS)) $(wildcard user/*.c tests/user/*.c tests/bench/*.c)

# The same programs with the C libraries of this machine: tests/pthread.
PTHREAD_C := $(wildcard tests/pthread/*.c)
PTHREAD_TESTS := $(foreach l,musl glibc,$(PTHREAD_C:tests/pthread/%.c=$(BUILD)/pthread/$(l)/%))

HOST_TESTS := $(patsubst tests/host/%.c,$(BUILD)/host/%,$(wildcard tests/host/test_*.c))

IMAGES := $(BUILD)/quire.elf $(BUILD)/initramfs.cpio $(BUILD)/quire.iso $(if $(RELEASE),$(BUILD)/quire-selftest.elf)

# ---- targets for people ---------------------------------------------------------------------

comma := ,

.PHONY: all run iso gdb console pthread-tests test test-matrix stress coverage oracle bench profile docs host-test fuzz tests clean help FORCE
all: $(IMAGES) $(USER_PROGS) tests $(BUILD)/compile_commands.json

tests: $(USER_TESTS) $(PIE_TESTS) $(BUILD)/bench/bench $(BUILD)/boot-tests/enter
# Left out where this machine has no such library, or runs other code than the guest.
PTHREAD_CC_glibc := $(HOSTCC)
PTHREAD_CC_musl := musl-gcc
PTHREAD_LIBS = $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),$(if $(shell command -v musl-gcc),musl) \
	$(if $(wildcard $(shell $(HOSTCC) -print-file-name=libc.a)),glibc))
pthread-tests: $(foreach l,$(PTHREAD_LIBS),$(filter $(BUILD)/pthread/$(l)/%,$(PTHREAD_TESTS)))

CPUS ?= 2
# DISK=1: and a disk, build/disk.img, with ext2 and swap; little memory, so that the swap is of use.
run:
	@tools/setup.sh $(if $(DISK),disk,run)
	@$(MAKE) $(PARALLEL) $(BUILD)/quire.elf $(BUILD)/initramfs.cpio
	$(if $(DISK),@tools/mkdisk.py $(BUILD)/disk.img)
	@tools/boot-with $(BUILD)/quire.elf -s $(CPUS) -I $(BUILD)/initramfs.cpio $(if $(DISK),-m 64M -d $(BUILD)/disk.img$(comma)write)

# One file for a disc or a USB stick, for BIOS and for UEFI.
iso:
	@tools/setup.sh iso
	@$(MAKE) $(PARALLEL) $(BUILD)/quire.iso
	@echo "$(BUILD)/quire.iso: dd it to a stick, or  qemu-system-x86_64 -m 256M -cdrom $(BUILD)/quire.iso"

# QEMU, paused before its first instruction, and gdb with commands of our own (tools/gdb).
gdb:
	@tools/setup.sh gdb
	@$(MAKE) $(PARALLEL) $(BUILD)/quire.elf $(BUILD)/initramfs.cpio
	@$(PYTHON) tools/gdb/run.py $(BUILD)

console:
	@$(PYTHON) tools/gdb/console.py $(BUILD)/gdb/console.sock

test:
	@tools/setup.sh test
	@$(MAKE) $(PARALLEL) all host-test pthread-tests
	@$(PYTHON) tools/test.py --build $(BUILD) $(if $(T),-T '$(T)')

# The self tests on some hundred machines (tools/matrix.py): T='pattern' for some of them, N=rows.
test-matrix:
	@tools/setup.sh stress
	@$(MAKE) $(PARALLEL) $(BUILD)/quire.elf $(BUILD)/BOOTX64.EFI
	@$(PYTHON) tools/matrix.py --build $(BUILD) $(if $(N),-n $(N)) $(if $(T),-T '$(T)')

# What takes too long for every day: every suite and program on the kernels with sanitizers, ...
stress:
	@tools/setup.sh stress
	@$(MAKE) $(PARALLEL) all host-test
	@$(PYTHON) tools/mutants.py --build $(BUILD)
	@$(BUILD)/model/refine -f 256 -n 7000000 -s 20000000
	@$(BUILD)/model/refine -f 4096 -n 3000000 -s 30000000 -k 32
	@$(PYTHON) tools/test.py --build $(BUILD) --stress $(if $(T),-T '$(T)')

# Which lines of the kernel all suites and programs together execute; DOCS=1: the sums in docs/testing.md too.
coverage:
	@tools/setup.sh test
	@$(MAKE) $(PARALLEL) tests
	@$(MAKE) $(PARALLEL) SAN=gcov BUILD=$(BUILD)/gcov $(BUILD)/gcov/quire.elf
	@$(PYTHON) tools/coverage.py --build $(BUILD) $(if $(DOCS),--docs)

# Ask Debian's Linux the same questions and record its answers in tests/user/oracle/.
oracle:
	@tools/setup.sh test
	@$(MAKE) $(PARALLEL) tests pthread-tests
	@$(PYTHON) tools/test.py --build $(BUILD) --oracle $(if $(T),-T '$(T)')

# What operations cost in guest instructions, beside Debian's Linux and the goals: a table, build/bench.json, and
# drawings of cost against size.  WALL=1: in time, not in instructions.  DOCS=1: the numbers in docs/ too.
bench:
	@tools/setup.sh bench
	@$(MAKE) $(PARALLEL) RELEASE=1 BUILD=$(BUILD)/release $(BUILD)/release/quire.elf $(BUILD)/release/bench/bench
	@$(PYTHON) tools/bench.py --build $(BUILD)/release --out $(BUILD) $(if $(WALL),--wall) $(if $(DOCS)$(PLOT),--docs)

# Where the instructions of one operation of tests/bench go: make profile P=6; A='FUNCTION...' shows code.
profile:
	@tools/setup.sh bench
	@$(MAKE) $(PARALLEL) RELEASE=1 BUILD=$(BUILD)/release $(BUILD)/release/quire.elf $(BUILD)/release/bench/bench
	@$(PYTHON) tools/profile.py --build $(BUILD)/release $(A:%=-a %) $(if $(P),$(P:%=P%),P6)

# Fill the generated parts of README.md and docs/ from real runs.
docs: $(BUILD)/quire.elf $(BUILD)/initramfs.cpio
	@$(PYTHON) tools/gendocs.py --build $(BUILD)

host-test: $(HOST_TESTS) $$(REFINE)

# The fuzzer, seconds on a machine of so many pages; what it finds interesting stays in $(BUILD)/fuzz/corpus.
FUZZ_TIME ?= 60
FRAMES ?= 256
fuzz: $$(BUILD)/fuzz/refine
	@mkdir -p $(BUILD)/fuzz/corpus
	FRAMES=$(FRAMES) $(BUILD)/fuzz/refine -max_total_time=$(FUZZ_TIME) -max_len=4096 -detect_leaks=0 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus tests/host/corpus

clean:
	rm -rf $(BUILD)

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
	@echo 'make run [CPUS=2]      install what is missing, build, boot to a shell on this terminal'
	@echo 'make iso               one file that boots by BIOS and by UEFI, from a disc or a USB stick'
	@echo 'make gdb               QEMU paused and gdb connected, with ps, vmmap, pagewalk, page, buddy, slab, why;'
	@echo '                       make console on another terminal is the guest'"'"'s'
	@echo 'make test [T=pattern]  the same, then every test (or those whose group/name match)'
	@echo 'make test-matrix       the self tests on 220 machines: firmwares, loaders, CPUs, memory, screens;'
	@echo '                       T=pattern for some of them, N=rows for more'
	@echo 'make stress            what takes longer: every test on the kernels with sanitizers; every kept fault'
	@echo '                       in mm/ must be noticed; ten million calls against the model'
	@echo 'make coverage          which lines of the kernel the tests execute, as a table and in HTML'
	@echo 'make oracle            record what Debian'"'"'s Linux answers to tests/user'
	@echo 'make bench             what operations cost in instructions, beside Debian'"'"'s Linux; WALL=1: in time;'
	@echo '                       DOCS=1: the table and the drawings in docs/ too'
	@echo 'make profile P=6       which functions the instructions of operation P6 go to'
	@echo 'make docs              fill the generated parts of README.md and docs/ from real runs'
	@echo 'make host-test         build the tests that run on this machine itself (tests/host)'
	@echo 'make fuzz [FUZZ_TIME=seconds] [FRAMES=pages]  mm/ against the model, by libFuzzer'
	@echo 'make clean             remove $(BUILD)/'
	@echo
	@echo 'Also: CROSS_COMPILE=x86_64-elf-  BUILD=dir  BUSYBOX=file  FONT=file  QEMU_FLAGS="-m 32M"  WERROR=1'

# ---- rebuild when flags or the list of sources change ---------------------------------------

# $(call stamp,text): rewrite the file only when its text differs
stamp = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
	printf '%s\n' '$(subst ','\'',$(1))' > $@

$(BUILD)/.flags: FORCE
	$(call stamp,$(CC) $(LD) $(ASMDEFS) $(KERNEL_FLAGS) $(SAN_FLAGS_$(SAN)) $(USER_FLAGS) $(KERNEL_LDFLAGS) $(USER_LDFLAGS) $(VDSO_FLAGS) $(VDSO_LDFLAGS))
$(BUILD)/.sources: FORCE
	$(call stamp,$(KERNEL_C) $(KERNEL_ASM) $(LIBC_SRCS) $(USER_C))

# ---- the kernel -----------------------------------------------------------------------------

$(BUILD)/obj/kernel/%.c.o: %.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(KERNEL_FLAGS) $(call san_flags,$<) $(call lto_flags,$<) $(DEPS) -c -o $@ $<

# The constants that C owns and assembly needs: asm-offsets.c is compiled to assembly, and the
# lines "->NAME $value" in it become "%define NAME value".  (clang would otherwise
# try to assemble them.)
OFFSETS := $(BUILD)/gen/asm_offsets.inc
$(OFFSETS): arch/x86_64/asm-offsets.c $(BUILD)/.flags
	$(call say,OFFSETS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(KERNEL_FLAGS) $(if $(CLANG),-fno-integrated-as) -g0 -MMD -MP -MF $@.d -MT $@ -S -o $@.s $<
	$(Q)sed -n 's/^.*->\([A-Za-z0-9_]*\) \$$*\(-\{0,1\}[0-9][0-9]*\).*/%define \1 \2/p' $@.s > $@

# The -MD of NASM 2.16 does not tell what a file includes.
ASM_INCS := $(wildcard arch/x86_64/*.inc)
$(BUILD)/obj/kernel/%.asm.o: %.asm $(BUILD)/.flags $(OFFSETS) $(ASM_INCS)
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(ASMDEFS) -f elf64 -g -F dwarf -I $(BUILD)/gen/ -I $(dir $<) -MD $(@:.o=.d) -MT $@ -o $@ $<

# The screen's font: of a package, or FONT=file.  drivers/font.c includes what is made of it.
FONT = $(firstword $(wildcard /usr/share/consolefonts/Unifont-APL8x16.psf.gz \
	$(addsuffix /consolefonts/default8x16.psfu.gz,/usr/share/kbd /usr/lib/kbd)))
$(BUILD)/gen/font_data.h: tools/mkfont.py
	$(call say,FONT,$(FONT))
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/mkfont.py '$(FONT)' $@
$(BUILD)/obj/kernel/drivers/font.c.o: $(BUILD)/gen/font_data.h
$(BUILD)/obj/kernel/drivers/font.c.o: private KERNEL_FLAGS += -I$(BUILD)/gen

# Which commit this is, for the boot page and the report of the self tests.
$(BUILD)/gen/commit.h: FORCE
	@mkdir -p $(@D); printf '#define QUIRE_COMMIT "%s"\n' "$$(git rev-parse --short=10 HEAD 2>/dev/null || echo unknown)" >$@.new; \
		cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/obj/kernel/kernel/bootpage.c.o: $(BUILD)/gen/commit.h
$(BUILD)/obj/kernel/kernel/bootpage.c.o: private KERNEL_FLAGS += -I$(BUILD)/gen

# The vDSO: a shared library for user mode, which the kernel carries as data (vdso_image.asm).
VDSO_FLAGS := $(COMMON_FLAGS) -Iinclude -Iarch/x86_64/include -fPIC -mgeneral-regs-only -fasynchronous-unwind-tables
VDSO_LDFLAGS := -shared -soname linux-vdso.so.1 --hash-style=both -Bsymbolic --eh-frame-hdr -z text \
	-z max-page-size=0x1000 -z noexecstack --build-id=none
$(BUILD)/obj/vdso/%.c.o: arch/x86_64/vdso/%.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(VDSO_FLAGS) $(DEPS) -c -o $@ $<

$(BUILD)/gen/vdso.so: $(BUILD)/obj/vdso/vgettime.c.o arch/x86_64/vdso/vdso.lds
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) $(VDSO_LDFLAGS) -T arch/x86_64/vdso/vdso.lds -o $@.dbg $(filter %.o,$^)
	$(Q)$(OBJCOPY) -S $@.dbg $@
$(BUILD)/obj/kernel/arch/x86_64/vdso_image.asm.o: $(BUILD)/gen/vdso.so

$(BUILD)/gen/linker.ld: linker.ld $(BUILD)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(KERNEL_INCLUDES) $(SAN_DEFS_$(SAN)) -E -P -x assembler-with-cpp -D__ASSEMBLY__ \
		-MMD -MP -MF $@.d -MT $@ -o $@ $<

# Two tables about the linked kernel are part of it: its functions' names, for backtraces, and the places
# that hold an address, for KASLR.  Link without them, make them, link with them; they lie after all
# that they describe, so the second link should tell the same names.  If it does not, one more settles
# it, because the size of the tables no longer changes.
#
# The release build has no self tests: they are a third of the code.  quire-selftest.elf is the same objects with them.
KERNEL_PLAIN_OBJS := $(filter-out $(if $(RELEASE),$(BUILD)/obj/kernel/tests/%),$(KERNEL_OBJS))
KERNEL_WITH_TESTS := $(BUILD)/quire$(if $(RELEASE),-selftest).elf
KSYM = $(BUILD)/gen/$(basename $(notdir $@)).kallsyms
RELOCS = $(BUILD)/gen/$(basename $(notdir $@)).relocs
link_kernel = $(KERNEL_LD) $(KERNEL_LDFLAGS) -T $(BUILD)/gen/linker.ld $(call ld_option,--emit-relocs) -o $(1) \
	$(filter %.c.o %.asm.o,$^) $(2) $(SAN_LIBS_$(SAN))
make_kallsyms = $(NM) -n $(1) | $(PYTHON) tools/kallsyms.py > $(2).asm && $(NASM) -f elf64 -o $(2).o $(2).asm
make_relocs = $(PYTHON) tools/relocs.py $(1) $(2).bin && \
	printf 'section .relocs progbits alloc noexec write align=4\nincbin "$(2).bin"\n' > $(2).asm && \
	$(NASM) -f elf64 -o $(2).o $(2).asm
link_again = $(call make_kallsyms,$(1),$(KSYM)) && $(call make_relocs,$(1),$(RELOCS)) && \
	$(call link_kernel,$(1),$(KSYM).o $(RELOCS).o) && \
	$(call make_kallsyms,$(1),$(KSYM)2) && $(call make_relocs,$(1),$(RELOCS)2)
tables_fit = cmp $(1) $(KSYM).asm $(KSYM)2.asm && cmp $(1) $(RELOCS).bin $(RELOCS)2.bin

$(BUILD)/quire.elf: $(KERNEL_PLAIN_OBJS)
$(BUILD)/quire-selftest.elf: $(KERNEL_OBJS)
$(BUILD)/quire.elf $(BUILD)/quire-selftest.elf: $(BUILD)/gen/linker.ld $(BUILD)/.sources tools/kallsyms.py tools/relocs.py
	$(call say,LD,$@)
	$(Q)$(call link_kernel,$@.tmp,)
	$(Q)$(call link_again,$@.tmp)
	$(Q)$(call tables_fit,-s) || { $(call link_again,$@.tmp) && $(call tables_fit); }
	$(Q)$(OBJCOPY) --remove-relocations='*' $@.tmp
	$(Q)mv $@.tmp $@

# ---- Quire's own programs -------------------------------------------------------------------

# The library is position independent, so that one copy serves static and static-pie programs.
$(BUILD)/obj/user/libc/%.c.o: libc/%.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(USER_FLAGS) -fPIE $(DEPS) -c -o $@ $<

$(BUILD)/obj/user/%.asm.o: %.asm $(BUILD)/.flags
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -g -F dwarf -I $(dir $<) -MD $(@:.o=.d) -MT $@ -o $@ $<

$(BUILD)/obj/user/%.pie.c.o: %.pie.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(USER_FLAGS) -fPIE $(DEPS) -c -o $@ $<

$(BUILD)/obj/user/%.c.o: %.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(NOSTDINC) $(USER_FLAGS) -fno-pie $(DEPS) -c -o $@ $<

$(BUILD)/libc.a: $(LIBC_OBJS) $(BUILD)/.sources
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIBC_OBJS)

link_user = $(LD) $(USER_LDFLAGS) $(1) -o $@ $(filter %.o,$^) $(BUILD)/libc.a
$(USER_PROGS): $(BUILD)/user/%: $(BUILD)/obj/user/user/%.c.o $(BUILD)/libc.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link_user,-static)
$(USER_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/user/tests/user/%.c.o $(BUILD)/libc.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link_user,-static)
$(PIE_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/user/tests/user/%.pie.c.o $(BUILD)/libc.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link_user,-pie --no-dynamic-linker -z text)

$(PTHREAD_TESTS): $(BUILD)/pthread/%: tests/pthread/$$(notdir $$*).c tests/pthread/tap.h $(BUILD)/.flags
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(PTHREAD_CC_$(patsubst %/,%,$(dir $*))) -std=gnu17 -O1 -g -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
		-static -pthread -o $@ $<

$(BUILD)/bench/bench: $(BENCH_OBJS) $(BUILD)/libc.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(call link_user,-static)

# ---- the UEFI loader (boot/efi) -------------------------------------------------------------
# With gnu-efi: its start-up code makes a PE program of what is linked as a shared object.

EFI_C := $(wildcard boot/efi/*.c)
EFI_OBJS := $(EFI_C:%=$(BUILD)/obj/%.o) $(BUILD)/obj/boot/efi/enter.asm.o
EFI_FLAGS := -std=gnu17 -O2 -g -Wall -Wextra $(if $(WERROR),-Werror) -ffreestanding -fpic -fshort-wchar -fno-stack-protector \
	-fno-strict-aliasing -mno-red-zone -mgeneral-regs-only -fcf-protection=none -maccumulate-outgoing-args \
	-DGNU_EFI_USE_MS_ABI -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -Iinclude
GNU_EFI = $(patsubst %/elf_x86_64_efi.lds,%,$(firstword $(wildcard $(addsuffix /elf_x86_64_efi.lds,/usr/lib \
	/usr/lib/gnuefi /usr/lib64/gnuefi))))

$(BUILD)/obj/boot/efi/%.c.o: boot/efi/%.c $(BUILD)/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(if $(CLANG),-maccumulate-outgoing-args),$(EFI_FLAGS)) $(DEPS) -c -o $@ $<

$(BUILD)/obj/boot/efi/enter.asm.o: boot/efi/enter.asm
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -o $@ $<

$(BUILD)/BOOTX64.EFI: $(EFI_OBJS)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -shared -Bsymbolic -znocombreloc -z defs -z noexecstack -T $(GNU_EFI)/elf_x86_64_efi.lds \
		-o $(BUILD)/obj/boot/efi/loader.so $(GNU_EFI)/crt0-efi-x86_64.o $^ -L$(GNU_EFI) -lefi -lgnuefi
	$(Q)$(OBJCOPY) -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j '.rel*' -j .reloc \
		--target=efi-app-x86_64 --subsystem=10 $(BUILD)/obj/boot/efi/loader.so $@

# enter.asm alone, in a kernel of its own: for Bochs.
$(BUILD)/boot-tests/enter: tests/boot/enter.asm boot/efi/enter.asm
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -I boot/efi/ -o $@.o $<
	$(Q)$(LD) -n -Ttext=0x200000 --section-start=.header=0x1ff000 -z noexecstack \
		$(if $(CLANG),,--no-warn-rwx-segments) -o $@ $@.o

# ---- images ---------------------------------------------------------------------------------

$(BUILD)/initramfs.cpio: $(USER_PROGS) tools/mkcpio.py $(BUILD)/.sources
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) tools/mkcpio.py $(if $(BUSYBOX),--busybox $(BUSYBOX)) -o $@ \
		$(foreach p,$(USER_PROGS),$(p):$(if $(filter %/init,$(p)),/init,/bin/$(notdir $(p))))

ISO_PARTS := $(KERNEL_WITH_TESTS) $(BUILD)/initramfs.cpio boot/grub.cfg $(BUILD)/BOOTX64.EFI boot/efi/quire.cfg
$(BUILD)/quire.iso: $(ISO_PARTS) tools/mkiso.sh
	$(call say,ISO,$@)
	$(Q)OBJCOPY='$(OBJCOPY)' tools/mkiso.sh $@ $(ISO_PARTS)

# ---- tests that run on this machine ---------------------------------------------------------
# A test names the kernel files it is linked with:  /* links: mm/vma.c kernel/rbtree.c */
# ALL_MM stands for all of mm/ and what it stands on.

ALL_MM := $(filter-out mm/snapshot%.c,$(wildcard mm/*.c)) kernel/lock.c kernel/rbtree.c kernel/wait.c \
	$(filter-out tests/host/shim_min.c,$(wildcard tests/host/shim*.c))

$(BUILD)/obj/host/%.c.o: %.c $(BUILD)/.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_FLAGS) $(DEPS) -c -o $@ $<

$(BUILD)/obj/host/%.asm.o: %.asm $(ASM_INCS)
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -g -F dwarf -I arch/x86_64/ -MD $(@:.o=.d) -MT $@ -o $@ $<

host_links = $(patsubst ALL_MM,$(ALL_MM),$(shell sed -n 's/^.*links:\(.*\)\*\/.*/\1/p' $(1)))
$(HOST_TESTS): $(BUILD)/host/%: $(BUILD)/obj/host/tests/host/%.c.o \
		$$(patsubst $$(pct),$(BUILD)/obj/host/$$(pct).o,$$(call host_links,tests/host/$$*.c))
	$(call say,HOSTLD,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka
pct := %

# The kernel's calls against the model's (tests/host/refine.c): with sanitizers for the corpus, fast
# for the million calls of `make test`, by clang's libFuzzer for `make fuzz`.
REFINE := $(BUILD)/host/refine $(BUILD)/model/refine
MODEL_FLAGS = $(filter-out -O1 -fsanitize=% -fno-sanitize%,$(HOST_FLAGS)) -O2
FUZZ_FLAGS = $(filter-out -fno-sanitize=alignment,$(HOST_FLAGS)) -fno-sanitize=alignment,function -DFUZZER -Wno-unknown-warning-option
# What only looks on steers no fuzzer: without coverage, and five times faster.
NOT_STEERING := mm/verify.c mm/slab.c mm/page_alloc.c tests/host/%
refine_objs = $(patsubst %,$(BUILD)/obj/$(1)/%.o,$(ALL_MM) tests/host/model.c tests/host/refine.c)

$(BUILD)/obj/model/%.c.o: %.c $(BUILD)/.flags
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(MODEL_FLAGS) $(DEPS) -c -o $@ $<

$(BUILD)/obj/fuzz/%.c.o: %.c $(BUILD)/.flags
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_FLAGS) $(if $(filter $(NOT_STEERING),$<),,-fsanitize=fuzzer-no-link) $(DEPS) -c -o $@ $<

$(BUILD)/host/refine: $(call refine_objs,host)
	$(call say,HOSTLD,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -fsanitize=address,undefined -o $@ $^

$(BUILD)/model/refine: $(call refine_objs,model)
	$(call say,HOSTLD,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -o $@ $^

$(BUILD)/fuzz/refine: $(call refine_objs,fuzz)
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^

# ---- for editors ----------------------------------------------------------------------------

json = {"directory":"$(CURDIR)","file":"$(1)","arguments":["$(CC)"$(foreach f,$(2),,"$(f)"),"-c","$(1)"]}
$(BUILD)/compile_commands.json: $(BUILD)/.sources $(BUILD)/.flags
	$(call say,JSON,$@)
	@{ printf '[\n'; \
	for f in $(KERNEL_C); do printf '%s,\n' '$(call json,'"$$f"',$(NOSTDINC) $(KERNEL_FLAGS))'; done; \
	for f in $(USER_C); do printf '%s,\n' '$(call json,'"$$f"',$(NOSTDINC) $(USER_FLAGS))'; done; \
	} | sed '$$s/,$$//' > $@; echo ']' >> $@
	@ln -sf $@ compile_commands.json

-include $(shell find $(BUILD)/obj $(BUILD)/gen -name '*.d' 2>/dev/null)
