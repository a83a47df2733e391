# Skip all for noninteractive shells.
[ -z "$PS1" ] && return
if [ -z "$USER_LS_COLORS" ]; then
  alias ll='ls -l' 2>/dev/null
  INCLUDE=
  COLORS=
  for colors in "$HOME/.dir_colors.$TERM" "$HOME/.dircolors"; do
    [ -e "$colors" ] && COLORS="$colors" && \
    INCLUDE="`cat "$COLORS" | grep '^INCLUDE' | cut -d ' ' -f2-`" && \
    break
  done
  [ -z "$COLORS" ] && [ -e "/etc/DIR_COLORS.$TERM" ] && \
  COLORS="/etc/DIR_COLORS.$TERM"
  [ -z "$COLORS" ] && [ -e "/etc/DIR_COLORS.256color" ] && \
  [ "x`tty -s && tput colors 2>/dev/null`" = "x256" ] && \
  COLORS="/etc/DIR_COLORS.256color"
  [ -z "$COLORS" ] && [ -e "/etc/DIR_COLORS" ] && \
  COLORS="/etc/DIR_COLORS"
  [ -n "$COLORS" ] || return
  if [ -e "$INCLUDE" ];
  then
    TMP="`mktemp .colorlsXXX -q --tmpdir=/tmp`"
    [ -z "$TMP" ] && return
    cat "$INCLUDE" >> $TMP
    eval "`dircolors --sh $TMP 2>/dev/null`"
    rm -f $TMP
  else
    eval "`dircolors --sh $COLORS 2>/dev/null`"
  fi
  [ -z "$LS_COLORS" ] && return
  grep -qi "^COLOR.*none" $COLORS >/dev/null 2>/dev/null && return
fi
unset TMP COLORS INCLUDE
alias ls='ls --color=auto' 2>/dev/null
