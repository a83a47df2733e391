# Leads the first administrator to dengbao setup until it has been done.
if [ ! -e /etc/dengbao/policy.d/50-setup-accounts.yaml ] && [ -t 1 ] && [ -x @PROGRAM@ ]; then
	@PROGRAM@ first-login --hint
fi
