#!/bin/sh
# tools/mkiso.sh - make the hybrid boot image
#
#   mkiso.sh OUT.iso KERNEL.elf INITRAMFS GRUB.CFG LOADER.EFI [QUIRE.CFG]
#   mkiso.sh OUT.iso KERNEL.elf INITRAMFS GRUB.CFG
#
# One image that works as a disc and, written with dd, as a USB stick.  A BIOS finds GRUB on it.  UEFI
# finds a FAT volume, on a stick a partition of its own that any system can mount: our loader as
# EFI/BOOT/BOOTX64.EFI, quire.cfg, quire.elf and initramfs.cpio.  GRUB takes kernel and initramfs out
# of that volume too (GRUB.CFG calls it (esp)), so there is one of each.
#
# The stick's partition table has an active entry besides the one for the GPT, of one sector and no type: some
# BIOSes start no stick without.
#
# Without a loader, GRUB is there for UEFI as well, and the files lie in /boot.
#
# The kernel goes in without its symbols: GRUB's multiboot2 would load them into memory, and the
# kernel carries its own table for backtraces.  Fonts, themes and translations are left out; they are
# most of a default image.
set -eu
out=$1 kernel=$2 initramfs=$3 cfg=$4 loader=${5-} quire_cfg=${6-}
mkrescue=$(command -v grub-mkrescue || command -v grub2-mkrescue) || {
	echo "mkiso: grub-mkrescue is not installed; 'make test' installs it" >&2
	exit 1
}
work=$(mktemp -d) tree=$work/tree		# the log must not lie in what is packed
trap 'rm -rf "$work"' EXIT
mkdir -p "$tree/boot/grub"
cp "$cfg" "$tree/boot/grub/grub.cfg"
${OBJCOPY:-objcopy} -S "$kernel" "$work/quire.elf"

# A FAT volume with what UEFI needs, and room for other kernels.
esp() {
	size=$(($(cat "$loader" "$work/quire.elf" "$initramfs" | wc -c) / 1024 + 4096))
	truncate -s "${size}K" "$1"
	mformat -i "$1" -v QUIRE ::
	mmd -i "$1" ::/EFI ::/EFI/BOOT
	mcopy -i "$1" "$loader" ::/EFI/BOOT/BOOTX64.EFI
	[ -z "$quire_cfg" ] || mcopy -i "$1" "$quire_cfg" ::/quire.cfg
	mcopy -i "$1" "$work/quire.elf" ::/quire.elf
	mcopy -i "$1" "$initramfs" ::/initramfs.cpio
}

if [ -n "$loader" ]; then
	esp "$tree/efi.img"
	set -- -d "${GRUB_BIOS:-/usr/lib/grub/i386-pc}" --efi-boot efi.img -efi-boot-part --efi-boot-image
else
	cp "$work/quire.elf" "$tree/boot/quire.elf"
	cp "$initramfs" "$tree/boot/initramfs.cpio"
	set --
fi
"$mkrescue" --locales= --fonts= --themes= -o "$out" "$tree" --mbr-force-bootable "$@" >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
