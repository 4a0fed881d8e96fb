module plumbline.test/pod-security

go 1.24

require k8s.io/pod-security-admission v0.37.2
