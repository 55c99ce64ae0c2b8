#!/bin/sh -eu
# Makes ./vmlinux and ./initrd.cpio in the current folder: this host's Debian, its kernel and its udevd, in memory alone.
# The kernel and the packages are downloaded once and kept.

PACKAGES=udev,kmod,usbutils,iproute2,socat,procps
# Kernel modules besides those below drivers/usb and drivers/virtio; those that they need are kept too.
MODULES='virtio_net|virtio_rng|9p|9pnet_virtio|qmi_wwan|cdc_wdm|usbnet|cdc_ether|cdc_ncm'

suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$')
package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p')
version=${package#linux-image-}

if [ ! -e "kernel-$version/done" ]; then
    echo "kernel $version"
    rm -rf kernel-* "$package"_*.deb
    apt-get download -q "$package"
    dpkg -x "$package"_*.deb "kernel-$version"
    rm "$package"_*.deb
    touch "kernel-$version/done"
fi

if [ "$(cat root.done 2>/dev/null)" != "$suite $PACKAGES" ]; then
    echo "debootstrap $suite"
    rm -rf root root.done
    debootstrap --variant=minbase --include="$PACKAGES" "$suite" root "$mirror" >debootstrap.log 2>&1 ||
        { tail debootstrap.log; exit 1; }
    echo "$suite $PACKAGES" >root.done
fi

# The modules that are wanted, with what they need.
modules=root/lib/modules/$version
rm -rf root/lib/modules
mkdir -p root/lib/modules
cp -al "kernel-$version/lib/modules/$version" root/lib/modules/
chroot root depmod "$version"
awk -F'[: ]+' -v names="^($MODULES)$" '
    { needs[$1] = $0; name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
      if ($1 ~ /kernel\/drivers\/(usb|virtio)\// && $1 !~ /usb\/(storage|image|misc|atm|mon|musb|dwc|typec|phy)/ || name ~ names)
          wanted[$1] = 1 }
    END { for (module in wanted) { count = split(needs[module], line, /[: ]+/); for (i = 1; i <= count; i++) if (line[i]) print line[i] } }
' "$modules/modules.dep" | sort -u >modules.kept
here=$PWD
(cd "$modules" && find kernel -name '*.ko*' | sort | comm -23 - "$here/modules.kept" | xargs rm)
chroot root depmod "$version"

install -m 755 init root/init
install -m 755 serve root/sbin/serve
(cd root && find . -regextype posix-extended ! -regex '\./(usr/share/(doc|man|locale|i18n|info|perl.*|zoneinfo)|var/(cache|lib/apt|lib/dpkg|log)|usr/lib/udev/hwdb\.d|usr/lib/x86_64-linux-gnu/(perl|gconv).*|usr/lib/apt|proc|sys|dev|tmp|run)/.*' |
    cpio --quiet -o -H newc) >initrd.new
mv initrd.new initrd.cpio

# The ELF inside the packed kernel starts without unpacking, which takes seconds in an emulated processor.
image=kernel-$version/boot/vmlinuz-$version
start=$(LC_ALL=C grep -abom1 -P '\xfd7zXZ\x00' "$image" | head -n1 | cut -d: -f1)
tail -c "+$((start + 1))" "$image" | xz -dcq >vmlinux.new 2>/dev/null || true
head -c4 vmlinux.new | grep -q ELF
mv vmlinux.new vmlinux
