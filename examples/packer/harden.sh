#!/bin/sh
# Packer's shell provisioner runs this in the machine that becomes the image, after the file provisioner
# has put the static program to /tmp/dengbao. As root.
set -eu
install -m 755 /tmp/dengbao /usr/sbin/dengbao
rm -f /tmp/dengbao
code=0
# Packages too: this machine has a network. The console is the way in until the image is used.
/usr/sbin/dengbao apply --yes ${DENGBAO_OPTIONS:---packages} || code=$?
case $code in
0 | 4) ;;
*) exit "$code" ;;
esac
mkdir -p /var/lib/dengbao
/usr/sbin/dengbao check ${DENGBAO_CHECK:-} --format json -o /var/lib/dengbao/build.json || [ $? -le 3 ]
install -m 644 /var/lib/dengbao/build.json /var/tmp/build.json
# What machines must not share.
rm -rf /var/lib/dengbao/transactions /var/lib/cloud/instances /var/lib/cloud/instance
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /var/lib/systemd/random-seed /root/.bash_history
: >/etc/machine-id
find /var/log -type f -exec truncate -s 0 {} +
sync
