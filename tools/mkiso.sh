#!/bin/sh
# tools/mkiso.sh - make the hybrid boot image
#
#   mkiso.sh OUT.iso KERNEL.elf INITRAMFS GRUB.CFG
#
# grub-mkrescue puts GRUB for BIOS and for UEFI on one image that works as a disc and, written
# with dd, as a USB stick.  The kernel goes in without its symbols: GRUB's multiboot2 would load
# them into memory, and the kernel carries its own table for backtraces.  Fonts, themes and
# translations are left out; they are most of a default image.
set -eu
out=$1 kernel=$2 initramfs=$3 cfg=$4
mkrescue=$(command -v grub-mkrescue || command -v grub2-mkrescue) || {
	echo "mkiso: grub-mkrescue is not installed; 'make test' installs it" >&2
	exit 1
}
work=$(mktemp -d) tree=$work/tree		# the log must not lie in what is packed
trap 'rm -rf "$work"' EXIT
mkdir -p "$tree/boot/grub"
${OBJCOPY:-objcopy} -S "$kernel" "$tree/boot/quire.elf"
cp "$initramfs" "$tree/boot/initramfs.cpio"
cp "$cfg" "$tree/boot/grub/grub.cfg"
"$mkrescue" --locales= --fonts= --themes= -o "$out" "$tree" >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
