# packer init . && packer build -only=qemu.hardened .
packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = "~> 1"
    }
  }
}

variable "image_url" {
  type    = string
  default = "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2"
}

variable "image_checksum" {
  type    = string
  default = "file:https://cloud.debian.org/images/cloud/bookworm/latest/SHA512SUMS"
}

source "qemu" "hardened" {
  iso_url          = var.image_url
  iso_checksum     = var.image_checksum
  disk_image       = true
  format           = "qcow2"
  output_directory = "out"
  vm_name          = "hardened.qcow2"
  accelerator      = "kvm"
  memory           = 2048
  ssh_username     = "packer"
  ssh_timeout      = "10m"
  # A user for Packer alone, by cloud-init's NoCloud; it is locked when the image is used.
  cd_label         = "cidata"
  cd_content = {
    "meta-data" = ""
    "user-data" = <<-END
      #cloud-config
      users:
        - name: packer
          sudo: "ALL=(ALL) NOPASSWD:ALL"
          shell: /bin/bash
          ssh_authorized_keys: ["${build.SSHPublicKey}"]
    END
  }
  # The account that built the image does not stay in it.
  shutdown_command = "sudo sh -c 'userdel -rf packer; rm -f /etc/sudoers.d/90-cloud-init-users; shutdown -P now'"
}

build {
  sources = ["source.qemu.hardened"]
  provisioner "file" {
    source      = "dengbao"
    destination = "/tmp/dengbao"
  }
  provisioner "shell" {
    script          = "harden.sh"
    execute_command = "sudo env {{ .Vars }} sh {{ .Path }}"
  }
  provisioner "file" {
    direction   = "download"
    source      = "/var/tmp/build.json" # harden.sh leaves a copy that the packer user may read
    destination = "out/build.json"
  }
}
