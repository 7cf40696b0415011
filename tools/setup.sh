#!/bin/sh
# tools/setup.sh - install what `make run` or `make test` needs
#
#   setup.sh run     to build Quire and boot it in QEMU
#   setup.sh disk    the same, and what `make run DISK=1` needs: mkfs.ext2
#   setup.sh iso     the same, and what the boot image is made of: GRUB, gnu-efi, xorriso, mtools
#   setup.sh gdb     the same, and gdb
#   setup.sh test    more: clang and lld, GRUB and UEFI firmware for the boot images, cmocka,
#                    gdb
#   setup.sh stress  more: Bochs
#   setup.sh bench   what `make bench` needs beside `run`: gnuplot
#
# When everything is there it only looks at a few files and says nothing.  On Debian and Ubuntu, as
# root or with sudo, it says which packages are missing and how much to download, then installs them
# by name.  Elsewhere it prints the command to type and stops.
set -eu
what=${1:-run}
missing=

# need PACKAGE COMMAND|FILE...: note the package when none of the commands or files is there
need() {
	package=$1
	shift
	for thing; do
		case $thing in
		/*) [ -e "$thing" ] && return ;;
		*) command -v "$thing" >/dev/null 2>&1 && return ;;
		esac
	done
	case " $missing " in
	*" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
}

if [ "$(uname -m)" = x86_64 ]; then
	suffix="" cross=${CROSS_COMPILE-}
else
	suffix=-x86-64-linux-gnu cross=${CROSS_COMPILE-x86_64-linux-gnu-}
fi

need make make gmake
need "binutils$suffix" "${cross}ld"
case ${CC:-gcc} in
*clang*) need clang "$CC" && need lld ld.lld ;;
*) need "gcc$suffix" "${cross}gcc" ;;
esac
need nasm nasm
need python3 python3
need qemu-system-x86 qemu-system-x86_64
[ -n "${BUSYBOX:-}" ] || need busybox-static busybox
[ -n "${FONT:-}" ] || need psf-unifont /usr/share/consolefonts/Unifont-APL8x16.psf.gz \
	/usr/share/kbd/consolefonts/default8x16.psfu.gz /usr/lib/kbd/consolefonts/default8x16.psfu.gz

[ "$what" != gdb ] || need gdb gdb
case $what in iso | test | stress)
	need gnu-efi /usr/include/efi/efi.h
	need grub-common grub-mkrescue grub2-mkrescue
	need grub-pc-bin /usr/lib/grub/i386-pc
	need xorriso xorriso
	need mtools mformat
	;;
esac
[ "$what" != disk ] || need e2fsprogs mkfs.ext2 /sbin/mkfs.ext2
[ "$what" != stress ] || { need bochs bochs && need seabios /usr/share/seabios/bios.bin; }
[ "$what" != bench ] || { need gnuplot-nox gnuplot && need e2fsprogs mkfs.ext2 /sbin/mkfs.ext2; }
case $what in test | stress)
	need gcc gcc
	need patch patch
	need libc6-dev /usr/include/stdio.h
	need libcmocka-dev /usr/include/cmocka.h
	need clang clang
	need gdb gdb
	need lld ld.lld
	need grub-efi-amd64-bin /usr/lib/grub/x86_64-efi
	need e2fsprogs mkfs.ext2 /sbin/mkfs.ext2
	need ovmf /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/edk2/ovmf/OVMF_CODE.fd \
		/usr/share/edk2/x64/OVMF_CODE.4m.fd
	if [ "$(uname -m)" = x86_64 ]; then	# what the dynamic group runs (tools/dynamic.py)
		need bash bash
		need coreutils sort
		need lua5.4 lua5.4
		need musl /lib/ld-musl-x86_64.so.1
		need musl-tools musl-gcc
	fi
	;;
esac

# A busybox that needs a dynamic linker would not start; Debian has one or the other installed.
if [ -z "${BUSYBOX:-}" ] && busybox=$(command -v busybox) &&
	head -c 4096 "$busybox" | grep -q ld-linux; then
	missing="$missing busybox-static"
fi

[ -z "$missing" ] && exit 0

# ---- something is missing -------------------------------------------------------------------

elsewhere() {
	if [ "$what" = test ] || [ "$what" = stress ]; then
		fedora=" clang gdb lld glibc-devel libcmocka-devel libasan libubsan grub2-tools-extra grub2-pc-modules \\
                      grub2-efi-x64-modules xorriso mtools e2fsprogs edk2-ovmf"
		arch=" clang gdb lld cmocka grub libisoburn mtools e2fsprogs edk2-ovmf"
		macos=" llvm lld gdb cmocka xorriso mtools e2fsprogs"
	fi
	[ "$what" != iso ] || fedora=" gnu-efi-devel grub2-tools-extra grub2-pc-modules xorriso mtools" \
		arch=" gnu-efi grub libisoburn mtools"
	[ "$what" != gdb ] || fedora=" gdb" arch=" gdb" macos=" gdb"
	[ "$what" != bench ] || fedora=" gnuplot" arch=" gnuplot" macos=" gnuplot"
	cat >&2 <<EOT
Quire needs packages that are not installed:$missing

  Debian, Ubuntu  apt-get install$missing
  Fedora          dnf install make gcc binutils nasm python3 qemu-system-x86 busybox kbd${fedora:-}
  Arch            pacman -S make gcc nasm python qemu-system-x86 busybox kbd${arch:-}
  macOS           brew install make x86_64-elf-gcc nasm python qemu${macos:-}
                  gmake $what CROSS_COMPILE=x86_64-elf- BUSYBOX=FILE
                  (FILE: a static x86-64 busybox, such as the one in Debian's busybox-static)
                  FONT=FILE (a PSF font of 8 x 16 dots, such as the one in Debian's psf-unifont)

Install them and type the same command again.
EOT
	exit 1
}

{ [ -e /etc/debian_version ] && command -v apt-get >/dev/null; } || elsewhere
[ "$(uname -m)" = x86_64 ] || [ -n "${BUSYBOX:-}" ] || {
	echo "On this machine give make a static x86-64 busybox: BUSYBOX=file" >&2
	case $missing in *busybox-static*) elsewhere ;; esac
}

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	elsewhere
fi

export DEBIAN_FRONTEND=noninteractive
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0"
echo "Quire: missing packages:$missing"

# known: does apt know every missing package?  Fresh machines have empty lists.
known() { apt-cache show --no-all-versions $missing >/dev/null 2>&1; }
known || { echo "Quire: apt-get update"; $apt update >/dev/null; }
known || elsewhere

# bytes: what apt would download; each line of --print-uris reads 'uri' file size hash
bytes=$(apt-get -q -y --no-install-recommends --print-uris install $missing |
	awk '/^\x27/ { n += $3; k++ } END { printf "%d packages, %.0f MB", k, n / 1e6 }')
echo "Quire: installing them and what they depend on; to download: $bytes"
$apt --no-install-recommends install $missing >/tmp/quire-setup.$$ 2>&1 || {
	tail -n 20 /tmp/quire-setup.$$ >&2
	rm -f /tmp/quire-setup.$$
	exit 1
}
rm -f /tmp/quire-setup.$$
echo "Quire: installed"
