# ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY in the environment; packer init . &&
# packer build -only=alicloud-ecs.hardened .
packer {
  required_plugins {
    alicloud = {
      source  = "github.com/hashicorp/alicloud"
      version = "~> 1"
    }
  }
}

variable "region" {
  type    = string
  default = "cn-hangzhou"
}

source "alicloud-ecs" "hardened" {
  region               = var.region
  image_name           = "mlps-level3-${formatdate("YYYYMMDDhhmm", timestamp())}"
  source_image         = "aliyun_3_x64_20G_alibase_20240528.vhd"
  instance_type        = "ecs.c6.large"
  ssh_username         = "root"
  io_optimized         = true
  internet_charge_type = "PayByTraffic"
  image_force_delete   = false
}

build {
  sources = ["source.alicloud-ecs.hardened"]
  provisioner "file" {
    source      = "dengbao"
    destination = "/tmp/dengbao"
  }
  provisioner "shell" {
    script = "harden.sh"
  }
}
