function __dengbao_zh
    for value in $LC_ALL $LC_MESSAGES $LANG
        string match -q 'zh*' -- $value
        return
    end
    return 1
end
# True where the command is one of those named; without names: where there is none yet.
function __dengbao_at
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word $__dengbao_valued
            set skip 1
        else if not string match -q -- '-*' $word
            contains -- $word $argv
            return
        end
    end
    test (count $argv) = 0
end
# The names that dengbao itself lists: rule, item, preset, format, resource, transaction.
function __dengbao_values
    set -l program (commandline -opc)[1]
    for kind in $argv
        switch $kind
            case rule
                $program list rules 2>/dev/null | string match -r '^ +\d+\.\S+ +\S+' | string replace -r '^ +(\S+) +' '' 
                $program list rules 2>/dev/null | string match -r '^ +\d+\.\S+' | string trim
            case item
                $program list items 2>/dev/null | string match -r '^ *\d+ +\S+' | string replace -r '^ *\d+ +' ''
                $program list items 2>/dev/null | string match -r '^ *\d+' | string trim
            case preset format
                $program list {$kind}s 2>/dev/null | string match -r '^[a-z]\S*'
            case resource
                $program list resources 2>/dev/null | string match -r '^[a-z]\S*'
            case transaction
                $program history 2>/dev/null | string match -r '^\d\S*Z'
            case command
                string join \n $__dengbao_commands
            case page
                string join \n $__dengbao_pages
            case file
                __fish_complete_path (commandline -ct)
            case dir
                __fish_complete_directories (commandline -ct)
            case '=*'
                string sub -s 2 -- $kind
        end
    end
end
complete -c dengbao -f
