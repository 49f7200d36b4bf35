"""Platforms that Xen Orchestra cannot manage, as people write them: hypervisors, clouds, and Xen of a distribution."""

XEN = "Xen"

_NAMES = {
    XEN: "xen|xen project|xen hypervisor|xen project hypervisor|upstream xen|vanilla xen|plain xen",
    "VMware": "vmware|vm ware|vmware workstation|vmware player|vmware fusion|vmware cloud|vcf",
    "VMware ESXi": "esxi|esx|vmware esxi|vmware esx|vsphere hypervisor|vmware hypervisor",
    "VMware vSphere": "vsphere|vmware vsphere|vcenter|vmware vcenter|vcsa|vsan",
    "Proxmox VE": "proxmox|proxmox ve|pve|proxmoxve",
    "Hyper-V": "hyper v|hyperv|microsoft hyper v|windows hyper v|azure local|azure stack|azure stack hci",
    "KVM": "kvm|qemu|libvirt|qemu kvm|kvm qemu|linux kvm|virt manager|redhat kvm",
    "oVirt": "ovirt",
    "Red Hat Virtualization": "rhv|rhev|rhevm|red hat virtualization|red hat virtualisation",
    "Oracle Linux Virtualization Manager": "olvm|oracle linux virtualization manager",
    "Oracle VM": "oracle vm|oracle vm server|ovm",
    "Nutanix AHV": "nutanix|ahv|nutanix ahv|acropolis|nutanix aos",
    "Scale Computing HyperCore": "scale computing|hypercore|scale computing hypercore",
    "VirtualBox": "virtualbox|virtual box|vbox|oracle virtualbox",
    "Parallels": "parallels|parallels desktop|virtuozzo|openvz",
    "bhyve": "bhyve",
    "FreeBSD": "freebsd|free bsd",
    "NetBSD": "netbsd",
    "OpenBSD": "openbsd",
    "SmartOS": "smartos|illumos|omnios|triton",
    "TrueNAS": "truenas|freenas",
    "Unraid": "unraid",
    "OpenStack": "openstack",
    "CloudStack": "cloudstack|apache cloudstack",
    "OpenNebula": "opennebula",
    "OpenShift": "openshift|openshift virtualization|okd",
    "Qubes OS": "qubes|qubes os|qubesos",
    "Harvester": "harvester|suse virtualization",
    "KubeVirt": "kubevirt",
    "Kubernetes": "kubernetes|k8s|k3s|rancher",
    "Docker": "docker|podman|containerd",
    "LXC": "lxc|lxd|incus|linux containers",
    "AWS": "aws|amazon|amazon web services",
    "AWS EC2": "ec2|aws ec2|amazon ec2",
    "Azure": "azure|microsoft azure",
    "Google Cloud": "gcp|gce|google cloud|google compute engine",
    "IBM PowerVM": "powervm|ibm powervm|lpar",
    "z/VM": "zvm|z vm",
    "Sangfor": "sangfor",
    "HPE VM Essentials": "hpe vme|hpe vm essentials|morpheus",
    "Firecracker": "firecracker",
    "Cloud Hypervisor": "cloud hypervisor",
}
_DISTRIBUTIONS = {
    "Debian": "debian|debian gnu linux",
    "Ubuntu": "ubuntu|kubuntu|ubuntu server",
    "Alpine": "alpine|alpine linux",
    "SUSE": "suse|sles|suse linux|suse linux enterprise|suse linux enterprise server",
    "openSUSE": "opensuse|open suse|tumbleweed|opensuse leap",
    "Fedora": "fedora|fedora server",
    "CentOS": "centos|cent os|centos stream",
    "Rocky Linux": "rocky|rocky linux|rockylinux",
    "AlmaLinux": "almalinux|alma linux|alma",
    "Red Hat Enterprise Linux": "rhel|red hat|redhat|red hat enterprise linux|red hat linux",
    "Oracle Linux": "oracle linux|oraclelinux|unbreakable linux",
    "Arch Linux": "arch|arch linux|archlinux|manjaro",
    "Gentoo": "gentoo|gentoo linux",
    "NixOS": "nixos|nix os|nix",
    "Slackware": "slackware",
    "Void Linux": "void linux",
    "Linux Mint": "mint|linux mint",
    "Devuan": "devuan",
    "Amazon Linux": "amazon linux",
    "Linux": "linux|gnu linux|linux distribution|linux distro|distro|distribution",
}

DISTRIBUTIONS = frozenset(_DISTRIBUTIONS)
"""Operating systems: with Xen they are a platform ("Xen on Debian"), beside a release they are its guests."""

PLATFORMS = {
    phrase: name
    for names in (_NAMES, _DISTRIBUTIONS)
    for name, phrases in names.items()
    for phrase in phrases.split("|")
}
"""The name to show for each phrase (lower case, a space for each hyphen)."""
